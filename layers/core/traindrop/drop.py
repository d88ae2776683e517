"""One upload with all that decides what becomes of it, and the check before money is spent."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traindrop import aws
from traindrop.checks import check_test_data, check_training_data
from traindrop.clock import now
from traindrop.code import Code, OwnCode, choose_code, code_digest
from traindrop.config import TrainingConfig, parse_config
from traindrop.errors import Rejected
from traindrop.events import Upload
from traindrop.frameworks import check_hyperparameters
from traindrop.headerless import HeaderlessFile, check_prepared, check_prepared_test
from traindrop.lambda_limits import LAMBDA, function_for, too_large
from traindrop.request import instance_type
from traindrop.run import Run, Status, run_name
from traindrop.settings import LauncherSettings

# Enough rows to know the columns, little enough to read and parse in well under a second.
SAMPLE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Drop:
    """An upload, with all that decides what becomes of it."""

    upload: Upload
    dataset: str
    config: aws.Object | None
    test: Upload | None
    own: OwnCode

    def run_name(self, settings: LauncherSettings) -> str:
        """The same for the same bytes with the same config, test file and training script."""
        return run_name(
            settings.stack,
            self.dataset,
            settings.stack_id,
            self.upload.bucket,
            self.upload.key,
            self.upload.etag,
            self.config.body.hex() if self.config is not None else "",
            self._code_digest(settings),
            self.test.etag if self.test else "",
        )

    def _code_digest(self, settings: LauncherSettings) -> str:
        try:
            config = parse_config(self.config.body if self.config else b"", file="training.yaml")
        except Rejected:
            return ""  # nothing will train, whatever the code is
        return code_digest(config, self.own, settings.training_scripts)

    @property
    def size(self) -> int:
        """Bytes of both files, which the training script reads."""
        return self.upload.size + (self.test.size if self.test else 0)

    def as_run(self, name: str, settings: LauncherSettings) -> Run:
        test = self.test
        return new_run(name, self.dataset, self.upload).model_copy(
            update={
                "config_version_id": self.config.version_id if self.config else None,
                "owner": settings.owner,
                "test_key": test.key if test else None,
                "test_etag": test.etag if test else None,
                "test_version_id": test.version_id if test else None,
                "test_size": test.size if test else 0,
            }
        )


def new_run(name: str, dataset: str, upload: Upload) -> Run:
    """A run that waits to be decided on."""
    return Run(
        run=name,
        dataset=dataset,
        status=Status.WAITING,
        created_at=now(),
        bucket=upload.bucket,
        key=upload.key,
        etag=upload.etag,
        size=upload.size,
        version_id=upload.version_id,
        uploaded_at=upload.uploaded_at,
    )


@dataclass(frozen=True)
class Decision:
    """A run that may be launched, with what was learned of it."""

    run: Run
    config: TrainingConfig
    code: Code
    headerless: HeaderlessFile | None = None


def decide(drop: Drop, run: Run, training_scripts: Path) -> Decision:
    """The check before money is spent.

    Reads the first megabyte of the CSV files. Raises `Rejected`.
    """
    config = parse_config(drop.config.body if drop.config else b"", file="training.yaml")
    code = choose_code(config, drop.own, training_scripts)
    check_hyperparameters(config, own_script=code.own)
    headerless = _check_prepared(drop, config, run.file) if config.prepared else None
    found = _learned_of(headerless) if headerless else _check(drop, config, run.file)
    learned: dict[str, Any] = {
        **found,
        **_place(config, drop.size),
        "notes": (*found.get("notes", ()), *_notes(config, code, drop.size)),
        "metric": config.metric,
        "framework": config.framework,
        "instance_count": config.instance_count,
        "checked_at": now(),
    }
    return Decision(run.model_copy(update=learned), config, code, headerless)


def _check(drop: Drop, config: TrainingConfig, file: str) -> dict[str, Any]:
    """What was learned of the files, by the fields of a run. Raises `Rejected`."""
    training = check_training_data(
        _sample(drop.upload),
        complete=drop.upload.size <= SAMPLE_BYTES,
        target=config.target,
        task=config.task,
        drop=config.drop,
        file=file,
    )
    for what, name in (("column", training.target), ("file", file)):
        if name.startswith("-"):
            # The container hands it to the script as `--target -x`, which reads as another option.
            raise Rejected(f"{file}: the name of the {what} {name!r} begins with a hyphen. Rename it.")
    if drop.test is not None:
        complete = drop.test.size <= SAMPLE_BYTES
        check_test_data(_sample(drop.test), complete=complete, training=training, file=_name(drop.test))
    return {
        "target": training.target,
        # Seen in part, a file may still hold a third class: then the training script decides.
        "task": training.task if training.certain else "auto",
        "notes": training.notes,
        "columns": training.columns,
        "rows": training.rows,
    }


def _check_prepared(drop: Drop, config: TrainingConfig, file: str) -> HeaderlessFile:
    """A file without a header that is handed to the image's own algorithm as it is. Raises `Rejected`."""
    if config.target is not None or config.drop:
        raise Rejected(
            "training.yaml: target and drop name columns, and a CSV with prepared: true has no names: its first column "
            "is the target, and all others are features. Leave them out."
        )
    found = check_prepared(
        _sample(drop.upload),
        complete=drop.upload.size <= SAMPLE_BYTES,
        task=config.task,
        file=file,
        num_class=_num_class(config),
    )
    if not found.certain and config.task != "binary":
        raise Rejected(
            f"{file}: only its first {SAMPLE_BYTES:,} bytes were looked at, and further labels may follow. Say what "
            "they are in training.yaml: task: regression, task: binary, or hyperparameters: {num_class: …}."
        )
    if drop.test is not None:
        complete = drop.test.size <= SAMPLE_BYTES
        check_prepared_test(_sample(drop.test), complete=complete, training=found, file=_name(drop.test))
    return found


def _num_class(config: TrainingConfig) -> int | None:
    found = config.hyperparameters.get("num_class")
    return found if isinstance(found, int) else None


def _learned_of(found: HeaderlessFile) -> dict[str, Any]:
    schema = found.schema
    return {"target": schema.target, "task": schema.task, "columns": found.columns, "rows": found.rows}


def _name(upload: Upload) -> str:
    return upload.key.rsplit("/", 1)[-1]


# Why a spot interruption loses the work until then, where it is not the person's script.
_BEGINS_ANEW = {
    "sklearn": "scikit-learn fits a model in one call, which leaves no checkpoint",
    "builtin-xgboost": "the algorithm's own checkpoints may not be found again (aws/sagemaker-xgboost-container)",
}


def _place(config: TrainingConfig, size: int) -> dict[str, Any]:
    """Where it is trained, by the fields of a run: what would not fit into a Lambda function is not sent there."""
    memory = function_for(size) if config.instance_type == LAMBDA else None
    if memory is None:
        return {"instance_type": instance_type(config)}
    return {"instance_type": LAMBDA, "memory_mb": memory}


def _notes(config: TrainingConfig, code: Code, size: int) -> Iterator[str]:
    if config.instance_type == LAMBDA and function_for(size) is None:
        yield f"{too_large(size)}: it went to {instance_type(config)} at once."
    if config.use_spot and not code.resumes:
        yield (
            "no script in the code folder mentions checkpoints: a spot interruption loses all the work until then. "
            "Save to /opt/ml/checkpoints, and go on from what lies there."
        )
    elif config.use_spot and not code.own and config.framework in _BEGINS_ANEW:
        yield f"a spot interruption loses all the work until then: {_BEGINS_ANEW[config.framework]}."


def _sample(upload: Upload) -> bytes:
    found = aws.read_start(upload.bucket, upload.key, upload.version_id, max_bytes=SAMPLE_BYTES)
    if found is None:
        raise Rejected(f"{upload.key} was deleted before it could be read. Drop it again.")
    return found
