"""The stage files that the infrastructure tests synthesize."""

from pathlib import Path

VARIED = """
existing_data_bucket = "lake-of-another-team"

[runtime]
python = "{python}"
architecture = "{architecture}"

[retries]
delays_seconds = [7, 70]

[alarms]
emails = ["on-call@example.com"]
event_age_seconds = 333
queue_age_seconds = 4444
failures = 5

[feature_pipeline]
max_concurrency = 7
memory_mb = 2048
timeout_seconds = 77

[[data_sets]]
name = "orders"
prefix = "data/orders/"
sql = "features/transactions.sql"
columns = {{ customer_id = "VARCHAR" }}
limits = {{ max_bytes = 1_073_741_824 }}

[[data_sets]]
name = "clicks"
prefix = "data/web/clicks/"
suffix = ".csv"
columns = {{ session = "VARCHAR" }}

[data_sets.target]
kind = "state-machine"
arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:sessionize"
parameters = {{ Partition = "attributes.partition" }}

[[data_sets]]
name = "returns"
prefix = "data/returns/"
columns = {{ order_id = "VARCHAR" }}

[data_sets.target]
kind = "function"
arn = "arn:aws:lambda:eu-central-1:123456789012:function:book-returns:live"

[[data_sets]]
name = "visits"
prefix = "data/visits/"
columns = {{ shop = "VARCHAR" }}

[data_sets.target]
kind = "sagemaker-pipeline"
arn = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/visits"
"""
"""Everything that differs from a default: another team's bucket, delays, sizes, and one data set a kind of target."""

BARE = """
[runtime]
python = "host"
architecture = "host"
"""
"""Nothing at all: every data set was removed."""

VARIED_HERE = VARIED.format(python="host", architecture="host")
"""The same for this machine, so that its functions can be run."""

BROKEN = """
[[data_sets]]
name = "orders"
prefix = "data/orders/"
sql = "features/not_there.sql"
columns = { id = "VARCHAR" }
"""
"""A mistake that comes to light only while the constructs are made."""


def written(text: str, name: str, project: Path) -> str:
    """Write a stage file of a project of its own; returns its path, as read_stage takes it."""
    path = project / "stages" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)
