"""The commands that a container runs for a request, one after the other, and how their failure is worded.

Source: the toolkit `sagemaker-training` 5.1.4 (entry_point.py, modules.py, process.py, errors.py).
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from traindrop.folders import Folders
from traindrop.script_mode import Request, decoded_hyperparameters, is_script_mode, script_arguments

# SageMaker's own images whose script mode can be run without them.
FRAMEWORK_IMAGES = ("sagemaker-xgboost", "sagemaker-scikit-learn", "pytorch-training", "tensorflow-training")
# The one whose algorithm mode, without a script, can be as well.
ALGORITHM_IMAGE = "sagemaker-xgboost"
REQUIREMENTS = "requirements.txt"
_REPOSITORY = re.compile(r"\d{12}\.dkr\.ecr\.[^/]+/([^:@]+)([:@].*)?")
# What the toolkit accepts as an entry point: a plain relative path (process.py, _SAFE_ENTRY_POINT).
_ENTRY_POINT = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*\.py")


class EntryPointError(Exception):
    """The request names an entry point that nothing can run."""


@dataclass(frozen=True)
class Step:
    """One command. `shown`: as it is in the container; `error`: the toolkit's name of its failure, if that runs it."""

    command: Sequence[str]
    shown: str
    error: str | None

    def failure(self, code: int) -> str:
        """What the toolkit writes into output/failure where the script has not."""
        return f'{self.error}:\nExitCode {code}\nErrorMessage ""\nCommand "{self.shown}"' if self.error else ""


def is_algorithm_image(request: Request) -> bool:
    """Whether SageMaker counts the image as an algorithm of its own, be it with a script."""
    found = _REPOSITORY.fullmatch(request.get("AlgorithmSpecification", {}).get("TrainingImage", ""))
    return found is not None and found[1] == ALGORITHM_IMAGE


def needs_its_image(request: Request) -> bool:
    """Whether nothing but the image itself can run the request: it is not one of SageMaker's own that are known here,
    or the request names another entry point of the container."""
    algorithm = request.get("AlgorithmSpecification", {})
    found = _REPOSITORY.fullmatch(algorithm.get("TrainingImage", ""))
    if not found or "ContainerEntrypoint" in algorithm or "ContainerArguments" in algorithm:
        return True
    return found[1] not in FRAMEWORK_IMAGES if is_script_mode(request) else found[1] != ALGORITHM_IMAGE


def steps(request: Request, folders: Folders) -> list[Step]:
    """What the container would run for a request that does not need its image; raises `EntryPointError`."""
    if is_script_mode(request):
        return _script_steps(request, folders)
    return [Step([sys.executable, "-m", "traindrop.builtin_xgboost"], "train", None)]


def _script_steps(request: Request, folders: Folders) -> list[Step]:
    """The code's requirements.txt, if there is one, and then the script."""
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
