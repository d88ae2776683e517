"""The commands that a container runs for a request, one after the other, and how their failure is worded.

Source: the toolkit `sagemaker-training` 5.1.4 (entry_point.py, modules.py, process.py, errors.py).
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from traindrop.script_mode import Folders, Request, decoded_hyperparameters, script_arguments

REQUIREMENTS = "requirements.txt"
# What the toolkit accepts as an entry point: a plain relative path (process.py, _SAFE_ENTRY_POINT).
_ENTRY_POINT = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*\.py")


class EntryPointError(Exception):
    """The request names an entry point that nothing can run."""


@dataclass(frozen=True)
class Step:
    """`command` is what is run here, with `shown` in the container; `error` is the toolkit's name of its failure."""

    command: Sequence[str]
    shown: str
    error: str

    def failure(self, code: int) -> str:
        """What the toolkit writes into output/failure where the script has not."""
        return f'{self.error}:\nExitCode {code}\nErrorMessage ""\nCommand "{self.shown}"'


def script_steps(request: Request, folders: Folders) -> list[Step]:
    """Script mode: the code's requirements.txt, if there is one, and then the script."""
    program = str(decoded_hyperparameters(request)["sagemaker_program"])
    if not _ENTRY_POINT.fullmatch(program) or ".." in program.split("/"):
        raise EntryPointError(
            f"The training entry point {program!r} cannot be used: expected the relative path of a .py file"
        )
    arguments = ["--", program, *script_arguments(request)]
    script = Step([sys.executable, *arguments], " ".join(["python3", *arguments]), "ExecuteUserScriptError")
    return [*([_install(folders)] if (folders.code / REQUIREMENTS).is_file() else []), script]


def _install(folders: Folders) -> Step:
    # The container's pip installs for the interpreter, which here is not the job's alone.
    options = ["--disable-pip-version-check", "--no-input", "--target", str(folders.packages)]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", REQUIREMENTS]
    return Step(command, f"python3 -m pip install -r {REQUIREMENTS}", "InstallRequirementsError")
