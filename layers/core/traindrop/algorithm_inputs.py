"""What the XGBoost image's algorithm mode is given: channels that it can read, and every hyperparameter."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from traindrop import aws
from traindrop.config import TrainingConfig
from traindrop.errors import Rejected
from traindrop.headerless import HeaderlessFile
from traindrop.hyperparameters.builtin_xgboost import BuiltinXGBoostHyperparameters
from traindrop.preparation import Preparation, check_size, prepare_csv
from traindrop.run import Run

_CSV = "text/csv"


@dataclass(frozen=True)
class AlgorithmInputs:
    """`hyperparameters` are complete, as the image reads them; `validation_key` is None where no row is held out."""

    train_key: str
    validation_key: str | None
    hyperparameters: dict[str, str]


def put_algorithm_inputs(run: Run, config: TrainingConfig, headerless: HeaderlessFile | None) -> AlgorithmInputs:
    """Write the run's channels and its preparation.json, with which the evaluator reads a test CSV the same way.

    `headerless`: the dropped file is handed on as it is. Raises Rejected where it cannot be prepared, or a
    hyperparameter does not go with the task.
    """
    if headerless is not None:
        aws.put_json(run.bucket, run.preparation_key, Preparation(headerless.schema, headerless=True).to_json())
        if not aws.copy(run.bucket, run.key, run.version_id, run.input_key(run.key, "train"), size=run.size):
            raise Rejected(f"{run.key} was deleted before it could be read. Drop it again.")
        found = _hyperparameters(config, headerless.schema.task, len(headerless.schema.classes), validation=False)
        return AlgorithmInputs(run.input_key(run.key, "train"), None, found)
    check_size(run.size, file=run.file)
    with tempfile.TemporaryDirectory() as name:
        return _prepared(run, config, Path(name))


def _prepared(run: Run, config: TrainingConfig, folder: Path) -> AlgorithmInputs:
    source = folder / "dropped.csv"
    with source.open("wb") as file:
        if not aws.download(run.bucket, run.key, run.version_id, file):
            raise Rejected(f"{run.key} was deleted before it could be read. Drop it again.")
    # The evaluator compares the file that was dropped with the test file.
    aws.upload(run.bucket, run.dropped_key, source, _CSV)
    prepared = prepare_csv(
        source, folder, file=run.file, target=run.target or "", task=run.task or "auto", drop=config.drop,
        validation_fraction=config.validation_fraction, seed=config.seed,
    )  # fmt: skip
    schema = prepared.preparation.schema
    found = _hyperparameters(config, schema.task, len(schema.classes), validation=prepared.validation is not None)
    keys = [run.input_key(f"{name}.csv", name) for name in ("train", "validation")]
    for key, path in zip(keys, (prepared.train, prepared.validation), strict=True):
        if path is not None:
            aws.upload(run.bucket, key, path, _CSV)
    aws.put_json(run.bucket, run.preparation_key, prepared.preparation.to_json())
    return AlgorithmInputs(keys[0], keys[1] if prepared.validation is not None else None, found)


def _hyperparameters(config: TrainingConfig, task: str, classes: int, *, validation: bool) -> dict[str, str]:
    model = BuiltinXGBoostHyperparameters.checked(config.hyperparameters, framework=config.framework)
    return model.for_task(task, classes=classes, seed=config.seed, validation=validation)
