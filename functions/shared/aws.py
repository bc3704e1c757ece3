"""One boto3 session for the whole execution environment, and how its clients behave."""

from functools import cache

import boto3
from botocore.config import Config

# The queue owns the retries: the SDK's own are for a lost packet, and a call that hangs must not eat the invocation.
# Two of these spare CPU time, of which a call is most of what handling an event takes (docs/benchmarks.md): botocore
# would compose its user agent twice a call, a fifth of it, and check parameters whose types mypy has checked, a tenth.
CLIENT_CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent="doorbell",
    parameter_validation=False,
)

PROMPT_CLIENT_CONFIG = CLIENT_CONFIG.merge(
    # Where somebody waits for the answer, and will come again.
    Config(connect_timeout=1, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2})
)
TELLING_CLIENT_CONFIG = PROMPT_CLIENT_CONFIG.merge(
    # A bus that is only slow would hear the event twice, if it were told again before it answered.
    Config(read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1})
)


@cache
def session() -> boto3.session.Session:
    """The session that every client comes from; a second one would load botocore's models again."""
    return boto3.session.Session()
