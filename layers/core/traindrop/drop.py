"""One upload with all that decides what becomes of it, and the check before money is spent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traindrop import aws
from traindrop.checks import Accepted, check_test_data, check_training_data
from traindrop.clock import now
from traindrop.code import Code, OwnCode, choose_code, code_digest
from traindrop.config import TrainingConfig, parse_config
from traindrop.errors import Rejected
from traindrop.events import Upload
from traindrop.frameworks import check_hyperparameters
from traindrop.headerless import HeaderlessFile, check_prepared, check_prepared_test
from traindrop.placement import Placement
from traindrop.placing import NO_TRAINERS, Sizes, Trainers, place, placed
from traindrop.request import longest_seconds
from traindrop.run import MAX_NAME, MAX_TUNING_NAME, Run, Status, has_room_to_tune, run_name
from traindrop.settings import LauncherSettings
from traindrop.tuned_ranges import TunedRange, tuned_ranges, with_trials_within
from traindrop.tuning_decision import tuning_fields

# Enough rows to know the columns, little enough to read and parse in well under a second.
SAMPLE_BYTES = 1024 * 1024

# Gives the first SAMPLE_BYTES of a file.
Read = Callable[[Upload], bytes]


@dataclass(frozen=True)
class Drop:
    """An upload, with all that decides what becomes of it."""

    upload: Upload
    dataset: str
    config: aws.Object | None
    test: Upload | None
    own: OwnCode

    @property
    def test_size(self) -> int:
        return self.test.size if self.test else 0

    def run_name(self, settings: LauncherSettings) -> str:
        """The same for the same bytes with the same config, test file and training script."""
        config = self._parsed()
        tunes = config is not None and config.tuning is not None and has_room_to_tune(settings.stack)
        return run_name(
            settings.stack,
            self.dataset,
            settings.stack_id,
            self.upload.bucket,
            self.upload.key,
            self.upload.etag,
            self.config.body.hex() if self.config is not None else "",
            # Without a config that can be read nothing will train, whatever the code is.
            code_digest(config, self.own, settings.training_scripts) if config is not None else "",
            self.test.etag if self.test else "",
            longest=MAX_TUNING_NAME if tunes else MAX_NAME,
        )

    def _parsed(self) -> TrainingConfig | None:
        try:
            return parse_config(self.config.body if self.config else b"", file="training.yaml")
        except Rejected:
            return None

    def as_run(self, name: str, settings: LauncherSettings) -> Run:
        test = self.test
        return new_run(name, self.dataset, self.upload).model_copy(
            update={
                "config_version_id": self.config.version_id if self.config else None,
                "owner": settings.owner,
                "test_key": test.key if test else None,
                "test_etag": test.etag if test else None,
                "test_version_id": test.version_id if test else None,
                "test_size": self.test_size,
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
    """A run that may be launched, with what was learned of it. `config` names the instances that were decided on.

    `training` is None for a file without a header.
    """

    run: Run
    config: TrainingConfig
    code: Code
    placement: Placement
    training: Accepted | None = None
    headerless: HeaderlessFile | None = None
    ranges: tuple[TunedRange, ...] = ()


def decide(
    drop: Drop, run: Run, training_scripts: Path, trainers: Trainers = NO_TRAINERS, read: Read | None = None
) -> Decision:
    """The check before money is spent.

    Reads the first megabyte of the CSV files, from S3 where `read` says nothing else. Raises `Rejected`.
    """
    read = read or _sample
    config = parse_config(drop.config.body if drop.config else b"", file="training.yaml")
    code = choose_code(config, drop.own, training_scripts)
    check_hyperparameters(config, own_script=code.own)
    ranges = tuned_ranges(config, own_script=code.own)
    config = with_trials_within(config, ranges)
    headerless = _check_prepared(drop, config, run.file, read) if config.prepared else None
    training = None if headerless else _check(drop, config, run.file, read)
    found = _learned_of(headerless) if headerless else _learned(training) if training else {}
    placement = place(config, training, Sizes(drop.upload.size, drop.test_size), trainers, own_script=code.own)
    learned: dict[str, Any] = {
        **found,
        "longest_seconds": longest_seconds(config),
        **tuning_fields(config, str(found["task"]), placement, run.run, own_script=code.own),
        "notes": (*found.get("notes", ()), *_notes(config, code), *([placement.note] if placement.note else [])),
        "metric": config.metric,
        "minimum": config.minimum,
        "strict": config.strict,
        "framework": config.framework,
        "instance_type": placement.instance_type,
        "instance_count": placement.instance_count,
        "memory_mb": placement.memory_mb,
        "checked_at": now(),
    }
    decided = run.model_copy(update=learned)
    return Decision(decided, placed(config, placement), code, placement, training, headerless, ranges)


def _check(drop: Drop, config: TrainingConfig, file: str, read: Read) -> Accepted:
    """What was learned of the files. Raises `Rejected`."""
    training = check_training_data(
        read(drop.upload),
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
        check_test_data(read(drop.test), complete=complete, training=training, file=_name(drop.test))
    return training


def _learned(training: Accepted) -> dict[str, Any]:
    """By the fields of a run."""
    return {
        "target": training.target,
        # Seen in part, a file may still hold a third class: then the training script decides.
        "task": training.task if training.certain else "auto",
        "notes": training.notes,
        "columns": training.columns,
        "rows": training.rows,
    }


def _check_prepared(drop: Drop, config: TrainingConfig, file: str, read: Read) -> HeaderlessFile:
    """A file without a header that is handed to the image's own algorithm as it is. Raises `Rejected`."""
    if config.target is not None or config.drop:
        raise Rejected(
            "training.yaml: target and drop name columns, and a CSV with prepared: true has no names: its first column "
            "is the target, and all others are features. Leave them out."
        )
    found = check_prepared(
        read(drop.upload),
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
        check_prepared_test(read(drop.test), complete=complete, training=found, file=_name(drop.test))
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


def _notes(config: TrainingConfig, code: Code) -> Iterator[str]:
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
