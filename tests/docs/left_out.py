"""The commands of the pages that are not run here, and why. That those of traindrop exist is checked all the same."""

import re

LEFT_OUT = {
    r"make ": "sets up .venv and runs whole programs: CI does",
    r"source ": "the tests run in the environment already",
    r"sam |.*&& sam ": "needs an account of AWS; `make sam` builds",
    r"sudo |docker ": "needs a Docker engine",
    r"traindrop --install-completion": "changes the shell of who runs it",
    r"traindrop local down": "the blocks share one local AWS; tests/functional/test_cli_commands.py runs it",
    r"traindrop demo(?! --files)": "an AWS of its own; tests/functional/test_cli_commands.py runs it",
    r"traindrop prices --refresh": "asks AWS; tests/functional/test_cli_prices.py asks a stand-in",
    r"traindrop ui": "serves until it is ended; tests/ui opens it in a browser",
    r"traindrop .*--local\b": "an AWS of its own; tests/functional/test_cli_commands.py runs it",
}


def reason(command: str) -> str | None:
    """Why a command is not run; None where it is."""
    return next((why for pattern, why in LEFT_OUT.items() if re.match(pattern, command.strip())), None)
