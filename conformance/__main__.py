"""`python -m conformance`: asks a verifier every case and prints where it is wrong."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance import results, verifiers
from conformance.cases import VECTORS, NoCasesError, read

DOORBELL = "conformance.doorbell:verify"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the kit; 0 if every case passed, 1 if one failed, 2 if nothing could be asked."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        verifier = verifiers.command(given.command) if given.command else verifiers.function(given.verifier)
        cases = read(given.vectors, given.provider)
    except (verifiers.VerifierError, NoCasesError, ValueError) as error:
        parser.error(str(error))
    found = results.ask(verifier, cases)
    sys.stdout.writelines(f"{line}\n" for line in results.table(found))
    return 0 if all(result.passed for result in found) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance", description="Ask a verifier of signed webhooks every case of the kit."
    )
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument(
        "--command", metavar="LINE", help="a program: a case on its standard input, 0 accepts, 1 refuses"
    )
    asked.add_argument(
        "--verifier", metavar="MODULE:FUNCTION", default=DOORBELL, help="a Python function (default: %(default)s)"
    )
    parser.add_argument("--provider", action="append", default=[], help="only this one; can be given several times")
    parser.add_argument("--vectors", type=Path, default=VECTORS, metavar="DIR", help="the cases' folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
