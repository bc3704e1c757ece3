"""The stage files that the infrastructure tests synthesize."""

from pathlib import Path

VARIED = """
existing_data_bucket = "lake-of-another-team"
api_access_logs = "use-account-role"

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
refused_requests = 55

[notices]
emails = ["data-team@example.com"]

[feature_pipeline]
max_concurrency = 7
memory_mb = 2048
timeout_seconds = 77

[registry]
groups = ["churn", "fraud-2"]

[metric_alarm]
model_dimension = "EndpointName"
metrics = {{ ModelLatency = "latency_p95_above_threshold" }}

[message_queue]
writers = ["210987654321", "arn:aws:iam::345678901234:role/teams/segments"]
topics = ["arn:aws:sns:eu-central-1:345678901234:segments"]
accepts = ["segment.scoring_requested", "batch.ready"]
max_concurrency = 8

[webhook]
providers = ["github", "mlflow"]
requests_per_second = 7
burst = 9
timeout_seconds = 25
secret_overlap_seconds = 600
secret_refresh_seconds = 30
stage_tag = "lifecycle"
accepted_types = ["batch.ready"]
wandb_signature = "hex"
aliases = {{ Live = "Production" }}

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

[[data_sets]]
name = "complaints"
prefix = "data/complaints/"
columns = {{ text = "VARCHAR" }}

[data_sets.target]
kind = "topic"
arn = "arn:aws:sns:eu-central-1:123456789012:complaints"

[[triggers]]
name = "smoke_test"
event = "model.version.stage_changed"
where = {{ stage = ["Staging", "Production"], modelName = [{{ prefix = "churn" }}, {{ suffix = "-eu" }}] }}
max_concurrency = 3

[triggers.target]
kind = "state-machine"
arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:smoke-test"
parameters = {{ Version = "modelVersionId" }}

[[triggers]]
name = "refresh_cache"
event = "features.ready"

[triggers.where]
rowCount = [0, {{ numeric = [">", 10, "<=", 1_000_000] }}]
"attributes.partition" = [{{ exists = true }}]
"attributes.test.run" = [{{ exists = false }}]

[triggers.target]
kind = "function"
arn = "arn:aws:lambda:eu-central-1:123456789012:function:refresh-cache:live"

[[triggers]]
name = "retrain"
event = "model_quality_below_threshold"
where = {{ threshold = [{{ anything-but = [0, 1] }}], modelName = [{{ anything-but = ["churn"] }}] }}

[triggers.target]
kind = "sagemaker-pipeline"
arn = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/retrain"
parameters = {{ Model = "modelName", Since = "windowStart" }}

[[triggers]]
name = "tell_another_team"
event = "batch.scored"
target = {{ kind = "topic", arn = "arn:aws:sns:eu-central-1:345678901234:scores" }}

[[triggers]]
name = "tell_people"
event = "model.rolled_back"
target = {{ kind = "topic", parameters = {{ model = "modelName", why = "reason" }} }}

[model_deployment]
timeout_seconds = 600
lease_wait_seconds = 20

[[models]]
# Like a step of the workflow.
name = "take-lease"

[[models]]
name = "next_purchase"
registry_names = ["shop.next-purchase", "Purchases"]
artefact_prefix = "teams/shop/next-purchase/"
smoke = {{ function = "try-next-purchase", latency_milliseconds = 50 }}
thresholds = {{ auc = 0.7, precision = 0.4 }}
alarms = ["next-purchase-p95", "shop-is-down"]
owners = ["shop-team@example.com", "data-team@example.com"]
keep_versions = 5
warm_environments = 3
memory_mb = 3_008
timeout_seconds = 20

[models.canary]
weight = 0.25
bake_seconds = 120
minimum_requests = 10
max_error_rate = 0.05
too_few_requests = "promote"
most_bakes = 4
"""
"""Everything that differs from a default: another team's bucket, delays, sizes, who may ring and who hears, of data
sets and triggers one a kind of target, and of models one that says everything beside one that says nothing."""

BARE = """
[runtime]
python = "host"
architecture = "host"
"""
"""Nothing at all: every data set, every trigger and every model was removed."""

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
