"""What reads a file and predicts its rows, of a model that XGBoost reads; no code of the training is run."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from traindrop import headerless, predictions
from traindrop.csv_rows import MAX_LINE
from traindrop.dataset import Batch, DatasetError, Schema, read
from traindrop.errors import EvaluationFailed
from traindrop.evaluation import BUILTIN_MODEL, DATASET, MODEL
from traindrop.held_out import Reader
from traindrop.model_files import json_object, read_schema
from traindrop.predictions import BoosterPredict
from traindrop.preparation import FILE as PREPARATION
from traindrop.preparation import Preparation
from traindrop.run import Run
from traindrop_cli.errors import CommandError

# All that is needed of a model.tar.gz.
NEEDED = {MODEL, DATASET, BUILTIN_MODEL}


@dataclass(frozen=True)
class Predictor:
    schema: Schema
    predict: BoosterPredict
    reader: Reader


def predictor_of(run: Run, folder: Path) -> Predictor:
    """From the folder of the run's model. Raises `CommandError` for another kind, `EvaluationFailed` if broken."""
    if run.framework == "builtin-xgboost":
        return _of_builtin(run, folder)
    if not ((folder / MODEL).exists() and (folder / DATASET).exists()):
        raise CommandError(
            f"The model of {run.run} (framework {run.framework}) is none that XGBoost reads: model.tar.gz has no "
            f"{MODEL} with a {DATASET}. `traindrop model {run.run}` fetches it, for code of yours. Or let the "
            "training script predict: `traindrop drop … --test FILE` with a file that lacks the target."
        )
    schema = read_schema(folder / DATASET)
    return Predictor(schema, predictions.by_booster(folder / MODEL, schema), read)


def _of_builtin(run: Run, folder: Path) -> Predictor:
    for path in (folder / BUILTIN_MODEL, folder / PREPARATION):
        if not path.exists():
            raise CommandError(f"{run.run} has no {path.name} any more. `traindrop rerun {run.run}` trains once more.")
    try:
        preparation = Preparation.from_json(json_object(folder / PREPARATION, "Train again."))
    except DatasetError as error:
        raise EvaluationFailed(str(error)) from error
    schema = preparation.schema
    reader = _headerless if preparation.headerless else preparation.read
    return Predictor(schema, predictions.by_booster(folder / BUILTIN_MODEL, schema), reader)


class _WithoutLabels(BytesIO):
    """A file of features alone, each line with an empty label in front."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream

    def readline(self, size: int | None = -1, /) -> bytes:
        line = self._stream.readline(-1 if size is None else size)
        return b"," + line.removeprefix(BOM_UTF8) if line.strip() else line


def _headerless(path: Path, schema: Schema) -> Iterator[Batch]:
    """Of a file that is prepared already: with the label first, as in training, or without, as what is new has none."""
    with path.open("rb") as stream:
        first = next((line for line in iter(lambda: stream.readline(MAX_LINE), b"") if line.strip()), b"")
        stream.seek(0)
        has_label = first.count(b",") != len(schema.columns) - 1
        yield from headerless.read(stream if has_label else _WithoutLabels(stream), schema)
