"""The real Lambda runtime without Docker: awslambdaric behind the emulator of the runtime's interface.

Both come from .runtime, which holds nothing else, and the process gets no environment but the function's:
what a bundle lacks is missing here as it would be in /var/task.
"""

import json
import os
import platform
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from doorbell.connection import ROOT_KEY
from doorbell.embedded.emulator import HOST, free_port
from infra.configuration import ROOT

RUNTIME = ROOT / ".runtime"
MACHINE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
EMULATOR = RUNTIME / "emulator" / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{MACHINE}"
START_SECONDS = 20
INVOKE_SECONDS = 60

only_on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime is for Linux alone")


@dataclass(frozen=True, slots=True)
class LambdaRuntime:
    """A function, waiting to be invoked."""

    port: int

    def invoke(self, event: object) -> Any:
        """What the function answers; a failure is an object with `errorType` and `errorMessage`."""
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}/2015-03-31/functions/function/invocations", data=json.dumps(event).encode()
        )
        try:
            answer = urllib.request.urlopen(request, timeout=INVOKE_SECONDS)  # noqa: S310 - http to the loopback interface
        except urllib.error.HTTPError as failure:
            # A function that cannot even be imported.
            answer = failure
        with answer:
            return json.load(answer)


@contextmanager
def lambda_runtime(
    bundle: Path, handler: str, environment: Mapping[str, str], *, scratch: Path
) -> Iterator[LambdaRuntime]:
    """Run a function from its bundle.

    Args:
        bundle: what is in /var/task on AWS.
        handler: as the function's configuration names it.
        environment: the function's variables.
        scratch: takes the place of /tmp.
    """
    port = free_port()
    # Before it is chosen, a port is free for everyone: two that are asked for one after the other may be the same.
    api = next(candidate for candidate in iter(free_port, None) if candidate != port)
    addresses = [f"--runtime-interface-emulator-address={HOST}:{port}", f"--runtime-api-address={HOST}:{api}"]
    with (scratch / "runtime.log").open("wb") as log:
        process = psutil.Popen(
            [EMULATOR, *addresses, RUNTIME / "bin" / "python", "-m", "awslambdaric", handler],
            cwd=bundle,
            env={
                "PATH": os.defpath,
                "HOME": str(scratch),
                "TMPDIR": str(scratch),
                "LAMBDA_TASK_ROOT": str(bundle),
                # A bundle is read-only in Lambda; here, what is compiled anew would stay in it.
                "PYTHONDONTWRITEBYTECODE": "1",
                "AWS_LAMBDA_FUNCTION_NAME": handler.split(".")[-2],
                "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": ROOT_KEY,
                "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_up(port)
            yield LambdaRuntime(port)
        finally:
            family = [process, *process.children(recursive=True)]
            for member in family:
                member.kill()
            psutil.wait_procs(family)


def _wait_until_up(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=1)
        except urllib.error.HTTPError:
            # It knows one address only, so this is an answer.
            return
        except OSError:
            assert time.monotonic() < deadline, "the runtime's emulator does not answer"
            time.sleep(0.02)
