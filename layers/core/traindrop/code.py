"""The code that a run trains with: a script of ours, a person's own from the dataset's folder, or none."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from traindrop import bundle
from traindrop.bundle import Bundle
from traindrop.config import TrainingConfig
from traindrop.config_rules import OWN_CODE
from traindrop.errors import Rejected
from traindrop.frameworks import FRAMEWORKS
from traindrop.lambda_limits import LAMBDA
from traindrop.steps import REQUIREMENTS

ENTRY_POINT = "train.py"
# A training script with what it imports; data belongs into a channel, packages into requirements.txt.
MOST_FILES, MOST_BYTES = 1000, 20 * 1024 * 1024
# What a script that can go on after an interruption names, in one way or another.
_CHECKPOINT = b"checkpoint"


@dataclass(frozen=True)
class OwnCode:
    """The files of `datasets/<dataset>/code/` by their paths in it; empty where there is no such folder."""

    files: Mapping[str, bytes]
    too_large: bool = False

    @property
    def resumes(self) -> bool:
        """Whether any script mentions checkpoints at all."""
        return any(_CHECKPOINT in body.lower() for name, body in self.files.items() if name.endswith(".py"))


@dataclass(frozen=True)
class Code:
    """`bundle` is None where the image brings the algorithm itself. `own`: the script is the person's.

    `installs`: it has a requirements.txt, whose packages are fetched when the job starts.
    """

    bundle: Bundle | None
    own: bool = False
    resumes: bool = True
    installs: bool = False

    def entry_point(self, config: TrainingConfig) -> str:
        return config.entry_point or ENTRY_POINT


def choose_code(config: TrainingConfig, own: OwnCode, training_scripts: Path) -> Code:
    """The person's code where there is any, else the framework's own script in `training_scripts`.

    Raises Rejected where the folder is too large to be code, the entry point is not there, or the framework runs no
    script.
    """
    if own.too_large:
        raise Rejected(
            f"the dataset's code folder holds more than {MOST_FILES:,} files or {MOST_BYTES:,} bytes. Only code "
            "belongs there: name packages in its requirements.txt, and put data into the CSV files."
        )
    if own.files:
        _check_names(own)
        return _own_code(config, own)
    if config.entry_point is not None:
        raise Rejected(
            f"training.yaml: entry_point: found {config.entry_point!r}, and there is no code. Put it into "
            "datasets/<dataset>/code/ (traindrop drop --code FOLDER), or leave entry_point out."
        )
    script = FRAMEWORKS[config.framework].script
    return Code(bundle.bundle_of_ours(training_scripts / script) if script is not None else None)


def code_digest(config: TrainingConfig, own: OwnCode, training_scripts: Path) -> str:
    """Tells the code of one run from that of another; the same as of the chosen bundle, where one can be chosen."""
    if own.files:
        return bundle.pack(own.files).digest
    script = FRAMEWORKS[config.framework].script
    return bundle.bundle_of_ours(training_scripts / script).digest if script is not None else ""


def _check_names(own: OwnCode) -> None:
    """An S3 key may hold anything; the files are unpacked into a folder, on a laptop too, and must not leave it."""
    for name in own.files:
        plain = name.isprintable() and "\\" not in name and not {"", ".", ".."} & set(name.split("/"))
        if not plain:
            raise Rejected(
                f"the dataset's code folder holds {name[:200]!a}, which is no path of a file in a folder. Delete it."
            )


def _own_code(config: TrainingConfig, own: OwnCode) -> Code:
    if config.framework == "builtin-xgboost":
        raise Rejected(
            "training.yaml: framework: found builtin-xgboost, which runs no script, and the dataset has a code folder "
            f"with {', '.join(sorted(own.files)[:5])}. Set framework: xgboost to run it in that image, or delete the "
            "folder datasets/<dataset>/code/."
        )
    if config.instance_type == LAMBDA:
        raise Rejected(
            f"training.yaml: instance_type: {OWN_CODE} Name an instance type of SageMaker's, such as ml.m5.large, or "
            "delete the folder datasets/<dataset>/code/."
        )
    if config.distribution is not None:
        raise Rejected(
            f"training.yaml: distribution: found {config.distribution!r}, and the script is your own: it shares the "
            "work itself, by SM_HOSTS and SM_CURRENT_HOST. Leave distribution out."
        )
    name = config.entry_point or ENTRY_POINT
    if name not in own.files:
        raise Rejected(
            f"training.yaml: entry_point: {name!r} is not in the code folder, which has "
            f"{', '.join(sorted(own.files)[:20])}. Put it there, or name one of these."
        )
    return Code(bundle.pack(own.files), own=True, resumes=own.resumes, installs=REQUIREMENTS in own.files)
