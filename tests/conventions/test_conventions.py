"""What every slice and every file has in common, so that who knows one knows all."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from doorbell.samples import EVENTS, index
from functions.shared.outcome import Outcome
from functions.webhook.settings import provider_names
from infra.configuration import ROOT, read_stage
from infra.constructs.naming import short_name
from tests.fakes.webhooks import GENUINE, SECRETS
from tests.infra.assembly import FURTHER_TRIGGERS

SHARED_BY_SLICES = {"shared", "serving"}
SLICES = sorted(
    folder.name
    for folder in (ROOT / "functions").iterdir()
    if (folder / "__init__.py").is_file() and folder.name not in SHARED_BY_SLICES
)

WITH_HANDLERS = [*SLICES, "serving"]
"""What has functions: the slices, and serving, whose one function is there once a model."""

DECLARING = "router"
"""The slice whose triggers a stage file declares, under names of their own."""
DECLARED = {trigger.name for trigger in read_stage("local").routed}

OURS = ("functions", "infra", "doorbell", "benchmarks", "conformance")
CODE = sorted(file.relative_to(ROOT) for package in OURS for file in (ROOT / package).rglob("*.py"))

DRAWERS = {"utils", "util", "helpers", "helper", "common", "constants", "misc"}
"""Names that say nothing of what is inside."""

# In pieces, so that this file names none of them.
REGISTRIES = ("py" + "pi.org", "python" + "hosted", "registry." + "npmjs")
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.>}-])/(?:home|root|Users|work)/\w")

BAD_ENDINGS = {Outcome.REJECTED, Outcome.DEAD_LETTERED}


@cache
def project_files() -> tuple[Path, ...]:
    """What is committed, or would be: files that git knows and new ones that it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the user's git
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return tuple(sorted(Path(name) for name in set(listed) if name and (ROOT / name).is_file()))


def text_of(file: Path) -> str:
    """A file of the project as text; bytes that are none are marks that nothing looks for."""
    return (ROOT / file).read_text(encoding="utf-8", errors="replace")


def parsed(file: Path) -> ast.Module:
    """The syntax tree of a Python file of the project."""
    return ast.parse(text_of(file))


def imported(file: Path) -> Iterator[str]:
    """The modules that a Python file imports, by their full names."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}"


def handlers(slice_name: str) -> list[Path]:
    """The handler files of a slice."""
    folder = ROOT / "functions" / slice_name / "handlers"
    return sorted(file.relative_to(ROOT) for file in folder.glob("*.py") if file.name != "__init__.py")


def constructed(slice_name: str) -> list[str]:
    """The construct ids that the slice's infrastructure gives to its functions, the steps of its workflow included."""
    made = []
    for node in ast.walk(parsed(Path("infra/triggers") / f"{slice_name}.py")):
        match node:
            # Either where a function is made, or where a method is asked to make one.
            case ast.Call(func=ast.Name(id="PythonFunction"), args=[_, ast.Constant(value=str(construct_id)), *_]):
                made.append(construct_id)
            case ast.Call(func=ast.Attribute(attr="_function"), args=[ast.Constant(value=str(construct_id)), *_]):
                made.append(construct_id)
    return [*made, *steps(slice_name)]


def steps(slice_name: str) -> list[str]:
    """The functions that the slice's workflow runs; none where it has no workflow."""
    if not (ROOT / "infra" / "workflows" / f"{slice_name}.py").is_file():
        return []
    return list(importlib.import_module(f"infra.workflows.{slice_name}").STEPS)


def links(markdown: str) -> Iterator[str]:
    """The files that a page links to: no addresses, no places within the page, nothing in examples."""
    prose = re.sub(r"^(```|~~~).*?^\1|`[^`\n]*`", "", markdown, flags=re.DOTALL | re.MULTILINE)
    inline = re.findall(r"\]\(\s*<?([^)\s>]+)", prose)
    named = re.findall(r"^\[[^\]]+\]:\s+(\S+)", prose, flags=re.MULTILINE)
    for link in (*inline, *named):
        target = link.partition("#")[0]
        if target and not re.match(r"[a-z][a-z0-9+.-]*:", target):
            yield target


# Slices


def test_there_are_slices() -> None:
    """The tests of slices have something to look at."""
    assert "feature_pipeline" in SLICES
    assert SHARED_BY_SLICES.isdisjoint(SLICES)


@pytest.mark.parametrize("slice_name", SLICES)
@pytest.mark.parametrize(
    "place",
    [
        "functions/{}/handlers/",
        "infra/triggers/{}.py",
        "events/{}/",
        "tests/unit/{}/",
        "docs/{}.md",
    ],
)
def test_slice_has_its_stem_everywhere(place: str, slice_name: str) -> None:
    """A slice has the same name in its code, infrastructure, samples, tests and docs, and lacks none of them."""
    path = ROOT / place.format(slice_name)

    assert path.is_dir() if place.endswith("/") else path.is_file(), f"{path.relative_to(ROOT)} is missing"


@pytest.mark.parametrize("slice_name", SLICES)
def test_slice_has_a_good_and_a_bad_sample(slice_name: str) -> None:
    """Among a slice's samples is one that starts its trigger and one that ends badly, each in the index."""
    samples = [sample for name, sample in index().items() if name.startswith(f"{slice_name}/")]

    names = {slice_name, *DECLARED} if slice_name == DECLARING else {slice_name}
    good = [sample for sample in samples if sample.outcome is Outcome.FIRED and names & set(sample.starts)]
    bad = [sample for sample in samples if sample.outcome in BAD_ENDINGS]

    assert good
    assert bad
    assert not any(sample.starts for sample in bad)


@pytest.mark.parametrize("slice_name", WITH_HANDLERS)
def test_handler_file_is_one_lambda(slice_name: str) -> None:
    """Each file in a slice's handlers is one function of its infrastructure, by the same name, and has a `handler`."""
    files = handlers(slice_name)

    with_handler = [
        file
        for file in files
        if any(isinstance(node, ast.FunctionDef) and node.name == "handler" for node in parsed(file).body)
    ]

    assert files
    assert with_handler == files
    assert sorted(short_name(construct) for construct in constructed(slice_name)) == [file.stem for file in files]


def test_nothing_else_constructs_a_function() -> None:
    """Functions are made in infra/triggers/<slice>.py alone, where the tests of handlers look for them."""
    makers = {
        file
        for file in CODE
        if any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "PythonFunction"
            for node in ast.walk(parsed(file))
        )
    }

    assert makers == {Path("infra/triggers") / f"{slice_name}.py" for slice_name in WITH_HANDLERS}


def test_every_provider_is_tried_everywhere() -> None:
    """A webhook's provider has a request for the tests, a sample that becomes an event, and cases in the kit."""
    names = set(provider_names())
    becoming_events = {
        name.removeprefix("webhook/").partition("_")[0]
        for name, sample in index().items()
        if name.startswith("webhook/") and sample.outcome is Outcome.FIRED
    }

    assert set(GENUINE) == set(SECRETS) == names
    assert {file.stem for file in (ROOT / "conformance" / "vectors").glob("*.json")} == names
    # Such as cloudevent_structured.json of `cloudevents`, and standard_batch_ready.json of `standard-webhooks`.
    assert all(any(name.startswith(prefix) for prefix in becoming_events) for name in names)


# Samples


def test_every_sample_is_in_the_index() -> None:
    """The sample files are exactly the lines of the index."""
    files = {file.relative_to(EVENTS).as_posix() for file in EVENTS.glob("*/*.json") if file.parent.name != "schemas"}

    assert files
    assert files == set(index())


def test_every_sample_object_is_used() -> None:
    """The objects beside the samples are exactly the ones that the index names."""
    files = {file.relative_to(EVENTS).as_posix() for file in EVENTS.glob("*/objects/*")}

    assert files == {sample.object for sample in index().values() if sample.object}


def test_samples_name_functions_and_triggers_that_there_are() -> None:
    """A line of the index names a function of the sample's own slice, and triggers that are slices or declared."""
    known = {(slice_name, file.stem) for slice_name in SLICES for file in handlers(slice_name)}
    known |= {(DECLARING, trigger) for trigger in DECLARED}

    named = {(name.partition("/")[0], sample.function) for name, sample in index().items()}
    started = {trigger for sample in index().values() for trigger in sample.starts}

    assert named <= known
    assert started <= {*SLICES, *DECLARED, *FURTHER_TRIGGERS}


# Code


def test_every_folder_of_code_is_a_package() -> None:
    """No folder with Python files lacks its `__init__.py`: the import rules would skip it without a word."""
    folders = {file.parent for file in CODE}

    lacking = {folder for folder in folders if not (ROOT / folder / "__init__.py").is_file()}

    assert {Path(package) for package in OURS} <= folders
    assert lacking == set()


def test_every_module_says_what_it_is_for() -> None:
    """Every Python file of the code begins with a docstring."""
    silent = [file for file in CODE if not ast.get_docstring(parsed(file))]

    assert silent == []


def test_no_module_is_a_drawer() -> None:
    """No file or folder has a name under which anything could be put."""
    named = {part for file in CODE for part in file.with_suffix("").parts}

    assert named & DRAWERS == set()


def test_app_is_imported_by_nothing() -> None:
    """app.py is where the program starts: no other module needs it."""
    files = [file for file in project_files() if file.suffix == ".py" and file != Path("app.py")]

    importing = [file for file in files if "app" in set(imported(file))]

    assert set(CODE) <= set(files)
    assert importing == []


def test_app_imports_the_infrastructure_alone() -> None:
    """app.py imports infra, the CDK, its checks and the standard library: nothing of functions or the command line."""
    packages = {module.partition(".")[0] for module in imported(Path("app.py"))}

    assert "infra" in packages
    assert packages - sys.stdlib_module_names <= {"infra", "aws_cdk", "cdk_nag"}


# Files


def holding(marks: Iterable[str], files: Iterable[Path]) -> list[str]:
    """The files that hold one of the marks."""
    marks = tuple(marks)
    return [f"{file}: {mark}" for file in files for mark in marks if mark in text_of(file)]


def test_no_file_names_a_package_registry() -> None:
    """No lock and no other file ties an installation to the registry that its author used."""
    files = project_files()

    assert {Path("locks/dev.txt"), Path("locks/core.txt"), Path("package-lock.json")} <= set(files)
    assert holding(REGISTRIES, files) == []


def test_locks_are_hashed() -> None:
    """Every requirement of every lock has a hash of what it stands for."""
    locks = [file for file in project_files() if file.parent == Path("locks")]

    for lock in locks:
        requirements = re.findall(r"^[A-Za-z0-9].*?(?=^[A-Za-z0-9]|\Z)", text_of(lock), flags=re.DOTALL | re.MULTILINE)
        assert requirements
        assert [one for one in requirements if "==" not in one or "--hash=sha256:" not in one] == []

    assert locks


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    """No file holds an absolute path that exists only where it was written."""
    found = [
        f"{file}: {match.group()}" for file in project_files() if (match := SOMEBODYS_FOLDER.search(text_of(file)))
    ]

    assert found == []


@pytest.mark.parametrize(
    "page", [file for file in project_files() if file.suffix == ".md"], ids=lambda page: page.as_posix()
)
def test_links_lead_to_files(page: Path) -> None:
    """Every relative link of a page leads to a file of the project."""
    dead = [link for link in links(text_of(page)) if not (ROOT / page.parent / link).exists()]

    assert dead == []


def test_links_are_found_where_readers_see_them() -> None:
    """A page's links are found inline and by name, without addresses, places in the page, and code."""
    page = (
        "See [one](docs/one.md#part), ![two](two.svg) and [three][3].\n"
        "Not [a](https://example.com), [b](#here), `[c](c.md)` or:\n"
        "```\n[d](d.md)\n```\n"
        "[3]: three.md\n"
    )

    assert list(links(page)) == ["docs/one.md", "two.svg", "three.md"]
