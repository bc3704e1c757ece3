"""Asks a verifier: a program in any language, or a Python function."""

import importlib
import json
import shlex
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

Question = Mapping[str, Any]
Verifier = Callable[[Question], bool]
"""Whether a request is genuine."""

SECONDS_PER_CASE = 30

EXIT_CODES = {0: True, 1: False}


class VerifierError(Exception):
    """The verifier said neither yes nor no."""


def command(line: str) -> Verifier:
    """A program that gets a case as JSON on its standard input, and exits with 0 for accepted and 1 for refused.

    Args:
        line: program and arguments, as a shell would part them; no shell is started.
    """
    words = shlex.split(line)

    def verify(question: Question) -> bool:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command
                words,
                input=json.dumps(question).encode(),
                capture_output=True,
                timeout=SECONDS_PER_CASE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise VerifierError(str(error)) from error
        if done.returncode not in EXIT_CODES:
            last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            message = f"exit code {done.returncode}: {last or 'nothing on standard error'}"
            raise VerifierError(message)
        return EXIT_CODES[done.returncode]

    return verify


def function(path: str) -> Verifier:
    """A Python function, as `package.module:function`, that gets a case as a mapping and returns True or False.

    Raises:
        VerifierError: there is no such function.
    """
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        message = f"{path} cannot be had: {error}"
        raise VerifierError(message) from error

    def verify(question: Question) -> bool:
        try:
            answer = found(question)
        except Exception as error:
            # The boundary to somebody's code: to fail is no way to refuse, and the other cases are still asked.
            message = f"raised {type(error).__name__}: {error}"
            raise VerifierError(message) from error
        if not isinstance(answer, bool):
            message = f"returned {answer!r:.80}, which is neither True nor False"
            raise VerifierError(message)
        return answer

    return verify
