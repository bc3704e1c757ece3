"""One boto3 session for the whole execution environment, and how its clients behave."""

from functools import cache

import boto3
from botocore.config import Config

# The queue owns the retries: the SDK's own are for a lost packet, and a call that hangs must not eat the invocation.
# The user agent is given because botocore composes its own twice a call, which takes a fifth of the call's CPU time.
CLIENT_CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent="doorbell",
)


@cache
def session() -> boto3.session.Session:
    """The session that every client comes from; a second one would load botocore's models again."""
    return boto3.session.Session()
