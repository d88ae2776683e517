"""What every training script of ours does alike: flags, reading, splitting, predictions, failing.

It goes with the script into the container, as `traindrop.dataset` does: numpy and the standard library only, and
Python 3.10-safe.
"""

import argparse
import ast
import csv
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from traindrop.dataset import DatasetError, Schema, fit_schema, read

Array = npt.NDArray[Any]
# Of a batch of features, float32 (rows, columns): probabilities (rows, classes), or values (rows,) for a regression.
Predict = Callable[[Array], Array]

TASKS = ("binary", "multiclass", "regression")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags that traindrop gives to every script of its own."""
    parser.add_argument("--train", default="", help="name of the CSV in the channel; default: the only one there")
    parser.add_argument("--test", default="", help="name of the CSV in the test channel; default: the only one there")
    parser.add_argument("--target", required=True, help="name of the column to predict")
    parser.add_argument("--task", default="auto", choices=["auto", *TASKS])
    parser.add_argument("--drop", default=(), type=names, help="names of columns to leave out, as a JSON list")
    parser.add_argument("--validation_fraction", default=0.2, type=share, help="of the rows, held out; below 1")
    parser.add_argument("--seed", default=42, type=int, help="of the split and of the training")


def truth(text: str) -> bool:
    """A flag as SageMaker hands it over: True or False."""
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def share(text: str) -> float:
    """A number from 0 to below 1."""
    if not 0 <= float(text) < 1:
        raise ValueError(text)
    return float(text)


def names(text: str) -> tuple[str, ...]:
    """A list of column names. SageMaker hands a list over as Python writes it, not as JSON."""
    try:
        found = json.loads(text)
    except ValueError:
        found = ast.literal_eval(text)
    return tuple(map(str, found))


def training_data(options: argparse.Namespace) -> tuple[Schema, Array, Array]:
    """Schema, features and target of the train channel. Raises `DatasetError`, which names the file."""
    file = only_csv(Path(os.environ["SM_CHANNEL_TRAIN"]), options.train)
    with named(file):
        schema = fit_schema(file, options.target, options.task, options.drop)
        features, target = load(file, schema)
    return schema, features, target


def only_csv(channel: Path, name: str) -> Path:
    """The file called `name` in the folder, or the only one."""
    if name:
        if not (channel / name).is_file():
            raise DatasetError(f"{name}: there is no such file in the channel folder {channel}.")
        return channel / name
    found = sorted(path for path in channel.iterdir() if path.suffix.lower() == ".csv")
    if len(found) != 1:
        listed = ", ".join(path.name for path in found) or "none"
        raise DatasetError(f"{channel}: expected one CSV file, found {listed}. Name one with --{channel.name}.")
    return found[0]


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Puts the file's name in front of what is wrong with it."""
    try:
        yield
    except DatasetError as error:
        raise DatasetError(f"{path.name}: {error}") from error


def load(path: Path, schema: Schema) -> tuple[Array, Array]:
    """Features, float32, rows by columns, and target (class number or value) of the rows that have a target."""
    features, target = [], []
    for batch in read(path, schema):
        values = np.frombuffer(schema.encode_target(batch.target or []), dtype=np.float64)
        rows = np.frombuffer(batch.features, dtype=np.float32).reshape(batch.rows, len(schema.columns))
        labelled = ~np.isnan(values)
        features.append(rows[labelled])
        target.append(values[labelled])
    return np.concatenate(features), np.concatenate(target)


def split(target: Array, schema: Schema, fraction: float, seed: int) -> tuple[Array, Array]:
    """Row numbers to train and to validate on: of every class the same share, of a class with one row none."""
    shuffled = np.random.default_rng(seed).permutation(len(target))
    groups = [shuffled]
    if schema.task != "regression":
        groups = [shuffled[target[shuffled] == code] for code in range(len(schema.classes))]
    held_out = np.concatenate([group[: min(round(len(group) * fraction), len(group) - 1)] for group in groups])
    validation = np.zeros(len(target), dtype=bool)
    validation[held_out] = True
    return np.flatnonzero(~validation), np.flatnonzero(validation)


def threads() -> int:
    """As many as the processors that this process may use, or fewer if OMP_NUM_THREADS says so. More than that
    spin against each other."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, int(os.environ.get("OMP_NUM_THREADS", usable)))


def save_results(schema: Schema, history: dict[str, Any]) -> None:
    """Write dataset.json beside the model, and metrics.json: per part and metric one value a round."""
    document = json.dumps(schema.to_json(), indent=2, ensure_ascii=False)
    (Path(os.environ["SM_MODEL_DIR"]) / "dataset.json").write_text(document, "utf-8")
    (Path(os.environ["SM_OUTPUT_DATA_DIR"]) / "metrics.json").write_text(json.dumps(history), "utf-8")


def predict_test_channel(schema: Schema, options: argparse.Namespace, predict: Predict) -> None:
    """Write predictions.csv for the test channel, if there is one: one line per data row, in the file's order."""
    channel = os.environ.get("SM_CHANNEL_TEST")
    if not channel:
        return
    file = only_csv(Path(channel), options.test)
    path = Path(os.environ["SM_OUTPUT_DATA_DIR"]) / "predictions.csv"
    columns = [f"probability_{name}" for name in schema.classes] or ["prediction"]
    with named(file), path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["row", *columns])
        row = 0
        for batch in read(file, schema):
            features = np.frombuffer(batch.features, dtype=np.float32).reshape(batch.rows, len(schema.columns))
            for values in predict(features).reshape(batch.rows, -1).tolist():
                writer.writerow([row, *values])
                row += 1


def run(main: Callable[[], None]) -> None:
    """Run a script; what is wrong with its data becomes the job's failure reason."""
    try:
        main()
    except DatasetError as error:
        fail(str(error))


def fail(message: str) -> None:
    """The container contract: what is in this file becomes the job's failure reason."""
    folder = os.environ.get("SM_OUTPUT_DIR") or Path(os.environ["SM_OUTPUT_DATA_DIR"]).parent
    (Path(folder) / "failure").write_text(message, "utf-8")
    sys.exit(message)
