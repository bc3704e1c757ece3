"""A mistake in a stage file is refused with a message that says where it is, what it is and what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import ValidationError

from functions.feature_pipeline.settings import INPUT_ROOT, OUTPUT_ROOT
from functions.serving.settings import MOST_MODELS, MOST_NAMES_BYTES
from infra.configuration import STAGES, ConfigurationError, read_stage

ORDERS = """
[[data_sets]]
name = "orders"
prefix = "data/orders/"
sql = "features/transactions.sql"
columns = { id = "VARCHAR" }
"""


TELL = """
[[triggers]]
name = "tell"
event = "features.ready"
target = { kind = "topic" }
"""


MODEL = """
[[models]]
name = "retention"
registry_names = ["cdnow.retention"]
"""


def changed(old: str, new: str) -> str:
    """A stage file with one data set, and one thing in it changed."""
    assert old in ORDERS
    return ORDERS.replace(old, new)


def another(name: str, prefix: str) -> str:
    """A stage file with the data set `orders` and one more."""
    return ORDERS + changed('"orders"', f'"{name}"').replace("data/orders/", prefix)


def targeting(target: str) -> str:
    """A stage file whose data set has another target than the built-in one."""
    return f"{ORDERS}\n[data_sets.target]\n{target}"


def told(old: str, new: str) -> str:
    """A stage file with one trigger, and one thing in it changed."""
    assert old in TELL
    return TELL.replace(old, new)


def serving(setting: str) -> str:
    """A stage file with one model, and one more setting of it."""
    return f"{MODEL}{setting}\n"


def two_models(other: str) -> str:
    """A stage file with the model `retention` and another."""
    return f"{MODEL}\n[[models]]\n{other}\n"


def matching(matchers: str) -> str:
    """A stage file with one trigger, which looks at the rows of features."""
    return f"{TELL}where = {{ rowCount = {matchers} }}"


@dataclass(frozen=True)
class Mistake:
    """A stage file that is wrong, and what its message must say besides the file."""

    text: str
    field: str
    value: str
    remedy: str


SPELLING = "remove it, or correct its spelling"
FITTING = "write a value that fits"
STATE_MACHINE = 'kind = "state-machine"\narn = "arn:aws:states:eu-central-1:123456789012:stateMachine:sessionize"'

MISTAKES = {
    "unknown field": Mistake('colour = "red"', "colour", "'red'", SPELLING),
    "name, which is the file's": Mistake('name = "prod"', "name:", "follows from where the file is", "remove it"),
    "project, which is the folder": Mistake('project = "x"', "project:", "follows from where the file is", "remove it"),
    "unknown field of a section": Mistake(
        "[feature_pipeline]\nmemory = 512", "feature_pipeline.memory", "512", SPELLING
    ),
    "unknown field of a data set": Mistake(ORDERS + 'format = "orc"', "data_sets[0].format", "'orc'", SPELLING),
    "wrong type": Mistake(
        '[feature_pipeline]\nmemory_mb = "plenty"', "feature_pipeline.memory_mb", "'plenty'", FITTING
    ),
    "concurrency that Lambda refuses": Mistake(
        "[feature_pipeline]\nmax_concurrency = 1", "feature_pipeline.max_concurrency", "(got 1)", FITTING
    ),
    "timeout whose queue would wait too long": Mistake(
        "[feature_pipeline]\ntimeout_seconds = 301", "feature_pipeline.timeout_seconds", "301", FITTING
    ),
    "unknown Python": Mistake('[runtime]\npython = "2.7"', "runtime.python", "'2.7'", FITTING),
    "unknown architecture": Mistake('[runtime]\narchitecture = "sparc"', "runtime.architecture", "'sparc'", FITTING),
    "bucket name": Mistake('existing_data_bucket = "Lake_1"', "existing_data_bucket", "'Lake_1'", FITTING),
    "prefix outside the inputs": Mistake(
        changed("data/orders/", "raw/orders/"), "data_sets[0].prefix", "'raw/orders/'", FITTING
    ),
    "prefix without a slash at its end": Mistake(
        changed("data/orders/", "data/orders"), "data_sets[0].prefix", "'data/orders'", FITTING
    ),
    "prefix of everything": Mistake(changed("data/orders/", "data/"), "data_sets[0].prefix", "'data/'", FITTING),
    "prefix under the outputs": Mistake(
        changed("data/orders/", "features/orders/"), "data_sets[0].prefix", "'features/orders/'", FITTING
    ),
    "prefix that IAM would read as any text": Mistake(
        changed("data/orders/", "data/*/"), "data_sets[0].prefix", "'data/*/'", FITTING
    ),
    "prefix that no key may have": Mistake(
        changed("data/orders/", "data/../orders/"), "data_sets[0].prefix", "'data/../orders/'", "leave such steps out"
    ),
    "prefix under another": Mistake(
        another("refunds", "data/orders/refunds/"),
        "'refunds' has prefix",
        "'data/orders/refunds/', which lies under 'data/orders/' of 'orders'",
        "choose prefixes that do not overlap",
    ),
    "prefix of another": Mistake(
        another("refunds", "data/orders/"),
        "has prefix",
        "'data/orders/', which lies under 'data/orders/'",
        "choose prefixes that do not overlap",
    ),
    "two of one name": Mistake(
        another("orders", "data/refunds/"), "two data sets are named", "'orders'", "give each a name of its own"
    ),
    "no SQL": Mistake(
        changed('sql = "features/transactions.sql"', ""),
        "sql",
        "'orders' has no sql",
        "name a file, such as features/orders.sql",
    ),
    "SQL outside features": Mistake(
        changed("features/transactions.sql", "features/../secret.sql"),
        "data_sets[0].sql",
        "'features/../secret.sql'",
        FITTING,
    ),
    "no prefix": Mistake(changed('prefix = "data/orders/"', ""), "data_sets[0].prefix", "Field required", "add it"),
    "no columns": Mistake(changed('{ id = "VARCHAR" }', "{}"), "data_sets[0].columns", "{}", FITTING),
    "unknown column type": Mistake(changed('"VARCHAR"', '"TEXT"'), "data_sets[0].columns.id", "'TEXT'", FITTING),
    "limit of nothing": Mistake(
        f"{ORDERS}\n[data_sets.limits]\nmax_rows = 0", "data_sets[0].limits.max_rows", "(got 0)", FITTING
    ),
    "SQL that may outlive its function": Mistake(
        f"[feature_pipeline]\ntimeout_seconds = 31\n{ORDERS}\n[data_sets.limits]\nmax_seconds = 30.5",
        "data set 'orders' has max_seconds",
        "30.5, and feature_pipeline.timeout_seconds 31",
        "lower the one, or raise the other",
    ),
    "unknown kind of target": Mistake(targeting('kind = "cron"'), "data_sets[0].target", "'cron'", "state-machine"),
    "target without a kind": Mistake(
        targeting('arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:s"'),
        "data_sets[0].target",
        "discriminator 'kind'",
        FITTING,
    ),
    "ARN of something else": Mistake(
        targeting('kind = "state-machine"\narn = "arn:aws:lambda:eu-central-1:123456789012:function:f"'),
        "data_sets[0].target.arn",
        "'arn:aws:lambda:eu-central-1:123456789012:function:f'",
        FITTING,
    ),
    "ARN with a wildcard": Mistake(
        targeting('kind = "function"\narn = "arn:aws:lambda:eu-central-1:123456789012:function:*"'),
        "data_sets[0].target.arn",
        "'arn:aws:lambda:eu-central-1:123456789012:function:*'",
        FITTING,
    ),
    "parameter of an unknown field": Mistake(
        targeting(f'{STATE_MACHINE}\nparameters = {{ Day = "attributes.day" }}'),
        "data_sets[0].target",
        "parameter 'Day' names 'attributes.day'",
        "use one of attributes.partition, bucket,",
    ),
    "topic of a data set without its ARN": Mistake(
        targeting('kind = "topic"'), "data_sets[0].target", "a data set's topic has no default", "give its arn"
    ),
    "address that is none": Mistake('[notices]\nemails = ["me"]', "notices.emails[0]", "'me'", FITTING),
    "name that no group has": Mistake('[registry]\ngroups = ["a b"]', "registry.groups[0]", "'a b'", FITTING),
    "alarm that becomes no event of alarms": Mistake(
        '[metric_alarm]\nmetrics = { Latency = "batch.ready" }',
        "metric_alarm.metrics.Latency",
        "'batch.ready'",
        FITTING,
    ),
    "alarms that become nothing": Mistake(
        "[metric_alarm]\nmetrics = {}", "metric_alarm:", "metrics is empty", "name a metric, or leave metrics out"
    ),
    "dimension without a name": Mistake(
        '[metric_alarm]\nmodel_dimension = ""', "metric_alarm.model_dimension", "(got '')", FITTING
    ),
    "everyone as a writer": Mistake(
        '[message_queue]\nwriters = ["*"]', "message_queue.writers[0]", "'*'", "name an account by its 12 digits"
    ),
    "user as a writer": Mistake(
        '[message_queue]\nwriters = ["123456789012", "arn:aws:iam::123456789012:user/me"]',
        "message_queue.writers[1]",
        "'arn:aws:iam::123456789012:user/me'",
        "or a role's ARN",
    ),
    "queue as a topic": Mistake(
        '[message_queue]\ntopics = ["arn:aws:sqs:eu-central-1:123456789012:segments"]',
        "message_queue.topics[0]",
        "'arn:aws:sqs:eu-central-1:123456789012:segments'",
        "name an SNS topic by its ARN",
    ),
    "unknown event from others": Mistake(
        '[message_queue]\naccepts = ["batch.ready", "batch.done"]',
        "message_queue.accepts",
        "there is no event batch.done",
        "use some of object.created, features.ready,",
    ),
    "no event from others": Mistake("[message_queue]\naccepts = []", "message_queue.accepts", "(got [])", FITTING),
    "trigger on an unknown event": Mistake(
        told("features.ready", "features.done"),
        "triggers[0].event",
        "'features.done'",
        "use one of object.created, features.ready,",
    ),
    "trigger whose name no construct can have": Mistake(
        told('"tell"', '"Tell-me"'), "triggers[0].name", "'Tell-me'", FITTING
    ),
    "two triggers of one name": Mistake(TELL + TELL, "two triggers are named", "'tell'", "give each a name of its own"),
    "trigger named like a slice": Mistake(
        told('"tell"', '"registry"'),
        "a trigger is named",
        "'registry', as one of Doorbell's own",
        "choose another name",
    ),
    "trigger named like a function": Mistake(
        told('"tell"', '"compute_features"'),
        "a trigger is named",
        "'compute_features', as one of Doorbell's own",
        "choose another name",
    ),
    "trigger named like the topic of notices": Mistake(
        told('"tell"', '"notices"'), "a trigger is named", "'notices', as one of Doorbell's own", "choose another name"
    ),
    "trigger named like another's queue": Mistake(
        told('"tell"', '"forward_event_undelivered"'),
        "a trigger is named",
        "'forward_event_undelivered', as the queue of what could not be delivered",
        "choose a name with another ending",
    ),
    "trigger without a target": Mistake(
        told('target = { kind = "topic" }', ""), "triggers[0].target", "Field required", "add it"
    ),
    "trigger with a target of data sets": Mistake(
        told('"topic"', '"built-in"'), "triggers[0].target", "'built-in'", "'state-machine', 'function',"
    ),
    "trigger's parameter of an unknown field": Mistake(
        told('"topic"', '"topic", parameters = { Day = "attributes.day" }'),
        "triggers[0]",
        "parameter 'Day' names 'attributes.day'",
        "use one of attributes.partition, bucket,",
    ),
    "filter on an unknown field": Mistake(
        TELL + 'where = { colour = ["red"] }',
        "triggers[0]",
        "where names 'colour'",
        "use one of bucket, causationId, correlationId, dataSet,",
    ),
    "filter without values": Mistake(matching("[]"), "triggers[0].where.rowCount", "(got [])", FITTING),
    "filter that is no list": Mistake(
        matching("1"), "triggers[0].where", "(got {'rowCount': 1})", "write a list, such as rowCount = [1]"
    ),
    "unknown matcher": Mistake(
        matching("[{ larger = 10 }]"), "triggers[0].where.rowCount[0].larger", "(got 10)", SPELLING
    ),
    "two matchers in one": Mistake(
        matching('[{ prefix = "1", suffix = "0" }]'),
        "triggers[0].where.rowCount[0]",
        "{'prefix': '1', 'suffix': '0'}",
        "give one of prefix, suffix, anything-but, numeric and exists",
    ),
    "number before its sign": Mistake(
        matching('[{ numeric = [10, ">"] }]'),
        "triggers[0].where.rowCount[0]",
        "[10, '>']",
        "numeric takes a sign and a number, once or twice",
    ),
    "sign without a number": Mistake(
        matching('[{ numeric = [">"] }]'), "triggers[0].where.rowCount[0].numeric", "(got ['>'])", FITTING
    ),
    "unknown sign": Mistake(
        matching('[{ numeric = ["!=", 10] }]'), "triggers[0].where.rowCount[0].numeric[0]", "'!='", "'<', '<=', '=',"
    ),
    "anything but one value": Mistake(
        matching("[{ anything-but = 0 }]"),
        "triggers[0].where.rowCount[0].anything-but",
        "valid list (got 0)",
        FITTING,
    ),
    "unknown provider": Mistake(
        '[webhook]\nproviders = ["mlflow", "nobody"]',
        "webhook.providers",
        "there is no provider nobody",
        "use some of cloudevents, databricks, github, mlflow,",
    ),
    "alias for no stage": Mistake('[webhook.aliases]\nlive = "Live"', "webhook.aliases.live", "(got 'Live')", FITTING),
    "type that is none of ours": Mistake(
        '[webhook]\naccepted_types = ["invoice.paid"]',
        "webhook.accepted_types",
        "there is no event invoice.paid",
        "use some of object.created,",
    ),
    "longer than API Gateway waits": Mistake(
        "[webhook]\ntimeout_seconds = 30", "webhook.timeout_seconds", "(got 30)", FITTING
    ),
    "logs with another role": Mistake('api_access_logs = "on"', "api_access_logs", "(got 'on')", FITTING),
    "negative delay": Mistake("[retries]\ndelays_seconds = [-1]", "retries.delays_seconds[0]", "-1", FITTING),
    "delay that SQS refuses": Mistake(
        "[retries]\ndelays_seconds = [1, 43_201]", "retries.delays_seconds[1]", "43201", FITTING
    ),
    "delays that outlive the queue's messages": Mistake(
        f"[retries]\ndelays_seconds = {[43_000] * 5}",
        "retries.delays_seconds",
        "add up to 215000 seconds",
        "let them add up to at most 172800",
    ),
    "trigger named like what tells owners": Mistake(
        told('"tell"', '"tell_owners"'),
        "a trigger is named",
        "'tell_owners', as one of Doorbell's own",
        "choose another name",
    ),
    "trigger named like a model's function": Mistake(
        two_models('name = "next-purchase"') + told('"tell"', '"predict_next_purchase"'),
        "a trigger is named",
        "'predict_next_purchase', as one of Doorbell's own",
        "choose another name",
    ),
    "model whose name no construct can have": Mistake(
        two_models('name = "Next purchase"'), "models[1].name", "'Next purchase'", FITTING
    ),
    "two models of one name": Mistake(
        two_models('name = "retention"'), "models", "two models are named 'retention'", "give one of them another name"
    ),
    "two models whose constructs have one name": Mistake(
        two_models('name = "a-b"') + '\n[[models]]\nname = "a_b"',
        "models",
        "two models are named 'a-b' and 'a_b'",
        "give one of them another name",
    ),
    "two models that go by one name": Mistake(
        two_models('name = "loyalty"\nregistry_names = ["cdnow.loyalty", "cdnow.retention"]'),
        "models",
        "two models go by 'cdnow.retention', retention and loyalty",
        "let one of them have it",
    ),
    "model that another goes by": Mistake(
        two_models('name = "loyalty"\nregistry_names = ["retention"]'),
        "models",
        "two models go by 'retention', retention and loyalty",
        "let one of them have it",
    ),
    "artefacts among another model's": Mistake(
        two_models('name = "loyalty"\nartefact_prefix = "models/retention/loyalty/"'),
        "models",
        "artefacts of loyalty under 'models/retention/loyalty/' lie among those of retention",
        "choose prefixes that do not overlap",
    ),
    "artefacts above another model's": Mistake(
        two_models('name = "loyalty"\nartefact_prefix = "models/"'),
        "models",
        "artefacts of loyalty under 'models/' lie among those of retention under 'models/retention/'",
        "choose prefixes that do not overlap",
    ),
    "prefix of artefacts that IAM would read as any text": Mistake(
        serving('artefact_prefix = "models/*/"'), "models[0].artefact_prefix", "'models/*/'", FITTING
    ),
    "prefix of artefacts without a slash at its end": Mistake(
        serving('artefact_prefix = "models/retention"'), "models[0].artefact_prefix", "'models/retention'", FITTING
    ),
    "name that no registry tells": Mistake(
        two_models('name = "loyalty"\nregistry_names = ["models:/loyalty"]'),
        "models[1].registry_names[0]",
        "'models:/loyalty'",
        FITTING,
    ),
    "canary that metrics do not outlive": Mistake(
        serving("canary = { bake_seconds = 86_400, most_bakes = 15 }"),
        "models[0].canary",
        "1296000 seconds, over 1209600",
        "lower one of them",
    ),
    "unknown field of a model": Mistake(serving('flavour = "onnx"'), "models[0].flavour", "'onnx'", SPELLING),
    "unknown field of a canary": Mistake(
        serving("canary = { share = 0.1 }"), "models[0].canary.share", "0.1", SPELLING
    ),
    "canary with all requests": Mistake(
        serving("canary = { weight = 1.0 }"), "models[0].canary.weight", "(got 1.0)", FITTING
    ),
    "canary with no verdict": Mistake(
        serving('canary = { too_few_requests = "ask" }'), "models[0].canary.too_few_requests", "(got 'ask')", FITTING
    ),
    "smoke function by its ARN": Mistake(
        serving('smoke = { function = "arn:aws:lambda:eu-central-1:123456789012:function:f" }'),
        "models[0].smoke.function",
        "'arn:aws:lambda:eu-central-1:123456789012:function:f'",
        FITTING,
    ),
    "threshold that is no number": Mistake(
        serving('thresholds = { auc = "high" }'), "models[0].thresholds.auc", "(got 'high')", FITTING
    ),
    "owner without an address": Mistake(serving('owners = ["me"]'), "models[0].owners[0]", "'me'", FITTING),
    "no version to go back to": Mistake(serving("keep_versions = 0"), "models[0].keep_versions", "(got 0)", FITTING),
    "too many models": Mistake(
        "".join(f'[[models]]\nname = "m{number}"\n' for number in range(MOST_MODELS + 1)),
        "models",
        f"at most {MOST_MODELS} items",
        FITTING,
    ),
    "more names of models than an environment holds": Mistake(
        serving(
            f'owners = []\n[[models]]\nname = "loyalty"\nregistry_names = {["x" * 120 + str(n) for n in range(9)]}'
        ),
        "models",
        f"over {MOST_NAMES_BYTES}",
        "shorten them",
    ),
    "deployment that has no time": Mistake(
        "[model_deployment]\ntimeout_seconds = 59", "model_deployment.timeout_seconds", "(got 59)", FITTING
    ),
    "no delay": Mistake("[retries]\ndelays_seconds = []", "retries.delays_seconds", "[]", FITTING),
    "too many delays": Mistake(f"[retries]\ndelays_seconds = {[1] * 11}", "retries.delays_seconds", "1, 1, 1", FITTING),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_is_refused_with_file_field_value_and_remedy(mistake: Mistake, stage_file: Callable[..., str]) -> None:
    """A mistake gives an error that names the file, the field, the value and what to do."""
    path = stage_file(mistake.text)

    with pytest.raises(ConfigurationError) as refused:
        read_stage(path)

    message = str(refused.value)
    assert path in message
    assert mistake.field in message
    assert mistake.value in message
    assert mistake.remedy in message


def test_every_mistake_is_told_at_once(stage_file: Callable[..., str]) -> None:
    """A file with two mistakes is refused once, with a line for each."""
    path = stage_file('[runtime]\npython = "2.7"\n[feature_pipeline]\nmemory_mb = 1')

    with pytest.raises(ConfigurationError) as refused:
        read_stage(path)

    heading, *lines = str(refused.value).splitlines()
    assert "2 mistake(s)" in heading
    assert [line.split(":")[0].strip() for line in lines] == ["runtime.python", "feature_pipeline.memory_mb"]


@pytest.mark.parametrize(
    "matcher",
    ["{ larger = 10 }", "{ numeric = [10] }", "{ anything-but = 0 }", '{ numeric = ["!", 10] }', "[10]"],
)
def test_mistake_in_a_matcher_is_told_once(matcher: str, stage_file: Callable[..., str]) -> None:
    """A value of no kind that could stand there is one mistake, however many kinds could."""
    path = stage_file(matching(f"[5, {matcher}]"))

    with pytest.raises(ConfigurationError) as refused:
        read_stage(path)

    [heading, line] = str(refused.value).splitlines()
    assert heading == f"{path} has 1 mistake(s):"
    assert line.startswith("  triggers[0].where.rowCount[1]")


def test_unknown_stage_lists_the_known_ones() -> None:
    """A stage without a file is refused with the path that was looked for and the stages that there are."""
    with pytest.raises(ConfigurationError) as refused:
        read_stage("staging")

    assert str(STAGES / "staging.toml") in str(refused.value)
    assert "choose one of dev, local, prod, or write the file" in str(refused.value)


def test_text_that_is_not_toml_is_refused_with_its_line(stage_file: Callable[..., str]) -> None:
    """A file that is not TOML is refused with the line of the mistake."""
    path = stage_file("[runtime]\npython = 3.13.1")

    with pytest.raises(ConfigurationError) as refused:
        read_stage(path)

    assert f"{path} is not TOML" in str(refused.value)
    assert "line 2" in str(refused.value)


def test_bytes_that_are_not_utf8_are_refused(stage_file: Callable[..., str]) -> None:
    """A file in another encoding is refused like any other that is not TOML."""
    path = stage_file("")
    Path(path).write_bytes('existing_data_bucket = "\xe9t\xe9"'.encode("latin-1"))

    with pytest.raises(ConfigurationError) as refused:
        read_stage(path)

    assert f"{path} is not TOML" in str(refused.value)


def test_file_name_that_cannot_name_a_stage_is_refused(stage_file: Callable[..., str]) -> None:
    """A file whose name CloudFormation would not take as part of a stack's is refused with that name."""
    path = stage_file("", name="My Stage")

    with pytest.raises(ConfigurationError) as refused:
        read_stage(path)

    assert "name: " in str(refused.value)
    assert "'My Stage'" in str(refused.value)


def test_sql_file_that_is_not_there_is_refused(stage_file: Callable[..., str]) -> None:
    """A data set whose SQL file does not exist is refused with stage, data set, file name and remedy."""
    stage = read_stage(stage_file(changed("transactions.sql", "orders.sql"), name="broken"))

    with pytest.raises(ConfigurationError) as refused:
        stage.prepared_data_sets()

    message = str(refused.value)
    assert "stage broken: data set orders: sql:" in message
    assert "'features/orders.sql'" in message
    assert "write it, or name another" in message


def test_sql_of_the_project_comes_before_doorbells_own(stage_file: Callable[..., str], tmp_path: Path) -> None:
    """A project's SQL file is used even where Doorbell has one of the same name, and Doorbell's where it has none."""
    path = stage_file(ORDERS)
    borrowed = read_stage(path).prepared_data_sets().data_sets[0].query
    own = tmp_path / "features" / "transactions.sql"
    own.parent.mkdir()
    own.write_text("SELECT 1", encoding="utf-8")

    query = read_stage(path).prepared_data_sets().data_sets[0].query

    assert query == "SELECT 1" != borrowed


def test_output_can_never_be_an_input(stage_file: Callable[..., str]) -> None:
    """A data set named like another one's prefix still writes where no prefix can be."""
    stage = read_stage(stage_file(another("data", "data/features/orders/")))

    outputs = [data_set.output_prefix for data_set in stage.data_sets]

    assert all(output.startswith(OUTPUT_ROOT) for output in outputs)
    assert not any(
        output.startswith(data_set.prefix) or data_set.prefix.startswith(output)
        for output in outputs
        for data_set in stage.data_sets
    )
    assert not OUTPUT_ROOT.startswith(INPUT_ROOT)


def test_model_needs_a_name_alone(stage_file: Callable[..., str]) -> None:
    """A model of which nothing else is said has its artefacts under its name, and moves all requests at once."""
    [model] = read_stage(stage_file('[[models]]\nname = "retention"')).models

    assert model.artefact_prefix == "models/retention/"
    assert model.known_as == {"retention"}
    assert model.canary is None
    assert (model.owners, model.alarms, model.thresholds) == ((), (), {})


def test_models_with_names_of_all_kinds_stand_beside_each_other(stage_file: Callable[..., str]) -> None:
    """Names that begin alike, prefixes in one folder and names in registries that differ are no mistake."""
    stage = read_stage(
        stage_file(
            two_models('name = "retention-eu"\nregistry_names = ["Retention_EU", "cdnow.retention.eu"]')
            + '[[models]]\nname = "step_one"\nartefact_prefix = "models/retention.old/"\n'
        )
    )

    assert [model.name for model in stage.models] == ["retention", "retention-eu", "step_one"]
    assert stage.declared_models.registry_names == {
        "cdnow.retention": "retention",
        "Retention_EU": "retention-eu",
        "cdnow.retention.eu": "retention-eu",
    }


def test_canary_makes_deployments_longer(stage_file: Callable[..., str]) -> None:
    """A deployment may take as long as the stage says, and all bakes of the longest canary besides."""
    plain = read_stage(stage_file(MODEL)).deployment_seconds

    baking = read_stage(stage_file(serving("canary = { bake_seconds = 100, most_bakes = 3 }"))).deployment_seconds

    assert baking == plain + 300


@pytest.mark.parametrize("name", sorted(file.stem for file in STAGES.glob("*.toml")))
def test_stage_of_the_project_is_complete(name: str) -> None:
    """Every stage that Doorbell brings can be read, with the SQL of its data sets."""
    stage = read_stage(name)

    prepared = stage.prepared_data_sets()

    assert stage.name == name
    assert [data_set.name for data_set in prepared.data_sets] == [data_set.name for data_set in stage.data_sets]
    assert all("select" in data_set.query.lower() for data_set in prepared.data_sets)


@pytest.mark.parametrize(
    "section",
    [
        "stage",
        "runtime",
        "retries",
        "notices",
        "feature_pipeline",
        "registry",
        "metric_alarm",
        "message_queue",
        "webhook",
        "data set",
        "limits",
        "trigger",
        "model_deployment",
        "model",
        "canary",
        "smoke",
    ],
)
def test_configuration_is_frozen(section: str, stage_file: Callable[..., str]) -> None:
    """What was read cannot be changed afterwards."""
    stage = read_stage(stage_file(ORDERS + TELL + serving("canary = {}")))
    canary = stage.models[0].canary
    assert canary
    model, field = {
        "stage": (stage, "name"),
        "runtime": (stage.runtime, "python"),
        "retries": (stage.retries, "delays_seconds"),
        "feature_pipeline": (stage.feature_pipeline, "memory_mb"),
        "notices": (stage.notices, "emails"),
        "registry": (stage.registry, "groups"),
        "metric_alarm": (stage.metric_alarm, "metrics"),
        "message_queue": (stage.message_queue, "accepts"),
        "webhook": (stage.webhook, "providers"),
        "trigger": (stage.triggers[0], "event"),
        "data set": (stage.data_sets[0], "prefix"),
        "limits": (stage.data_sets[0].limits, "max_rows"),
        "model_deployment": (stage.model_deployment, "timeout_seconds"),
        "model": (stage.models[0], "artefact_prefix"),
        "canary": (canary, "weight"),
        "smoke": (stage.models[0].smoke, "function"),
    }[section]

    with pytest.raises(ValidationError, match="frozen"):
        setattr(model, field, getattr(model, field))
