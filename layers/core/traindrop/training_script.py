"""What every training script of ours does alike: flags, reading, splitting, measuring, checkpoints, predictions,
failing.

It goes with the script into the container, as `traindrop.dataset` does: numpy and the standard library only, and
Python 3.10-safe.
"""

import argparse
import ast
import csv
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from traindrop.cores import usable_cores
from traindrop.csv_rows import named
from traindrop.dataset import DatasetError, Schema, fit_schema, read
from traindrop.kept_rows import Array as Array
from traindrop.kept_rows import labelled

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
    with named(file.name):
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


def load(path: Path, schema: Schema) -> tuple[Array, Array]:
    """Features, float32, rows by columns, and target (class number or value) of the rows that have a target."""
    parts = [labelled(batch, schema) for batch in read(path, schema)]
    return np.concatenate([features for features, _ in parts]), np.concatenate([target for _, target in parts])


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
    usable = usable_cores()
    return min(usable, int(os.environ.get("OMP_NUM_THREADS", usable)))


def hosts() -> list[str]:
    """The names of the job's instances, in the same order on each; the own one is SM_CURRENT_HOST."""
    return [str(name) for name in json.loads(os.environ.get("SM_HOSTS") or '["algo-1"]')]


def measured(target: Array, predicted: Array, task: str) -> dict[str, float]:
    """The metrics of a round, under XGBoost's names, the one to watch last. `predicted`: as `Predict` returns it.

    There is no auc where all rows are of one class.
    """
    if task == "regression":
        off = predicted.reshape(-1).astype(np.float64) - target
        return {"mae": float(np.mean(np.abs(off))), "rmse": float(np.sqrt(np.mean(off**2)))}
    codes = target.astype(np.intp)
    error = float(np.mean(predicted.argmax(axis=1) != codes))
    likelihood = predicted[np.arange(len(codes)), codes].astype(np.float64)
    # No probability counts as 0: one such row would make the mean infinite.
    logloss = float(-np.mean(np.log(np.clip(likelihood, 1e-15, 1))))
    if task == "multiclass":
        return {"merror": error, "mlogloss": logloss}
    area = auc(codes, predicted[:, 1])
    return {"error": error, **({} if area is None else {"auc": area}), "logloss": logloss}


def auc(codes: Array, score: Array) -> float | None:
    """The share of pairs of a positive and a negative row that the score puts in order; equal scores count half."""
    positive, negative = np.sort(score[codes == 1]), np.sort(score[codes == 0])
    if not len(positive) or not len(negative):
        return None
    # Sorted values are found among sorted ones some ten times as fast as all of them are ranked.
    lower, upto = (int(np.searchsorted(negative, positive, side).sum()) for side in ("left", "right"))
    return (lower + upto) / 2 / (len(positive) * len(negative))


def report(number: int, parts: Mapping[str, Mapping[str, float]], history: dict[str, Any]) -> None:
    """Print a round's line and keep its values for metrics.json. `parts`: metrics by name, of "train" and "validation".

    The line is as XGBoost itself writes it: SageMaker's own metric definitions for its image read no other.
    """
    print(_line(number, parts), flush=True)
    for part, metrics in parts.items():
        for name, value in metrics.items():
            history.setdefault(part, {}).setdefault(name, []).append(value)


def report_kept(number: int, history: Mapping[str, Any]) -> None:
    """Print the line of the round that is kept once more, where others came after it.

    A job's final metrics are the last that it logs, and by them a tuning chooses among models: they have to be those
    of the model that there is.
    """
    series = {part: history[part] for part in ("train", "validation") if part in history}
    if number + 1 < max(len(values) for metrics in series.values() for values in metrics.values()):
        print(f"The model is that of round {number}:")
        kept = {part: {name: values[number] for name, values in metrics.items()} for part, metrics in series.items()}
        print(_line(number, kept), flush=True)


def _line(number: int, parts: Mapping[str, Mapping[str, float]]) -> str:
    values = [f"{part}-{name}:{value:.6g}" for part, metrics in parts.items() for name, value in metrics.items()]
    return "\t".join([f"[{number}]", *values])


def checkpoint_folder() -> Path | None:
    """The folder that outlives an interrupted job and is there again when it goes on; None for a job without one.

    SageMaker copies it to and from the CheckpointConfig's S3Uri, for all instances to the same place, so only the
    first instance writes into it.
    """
    folder = Path(os.environ.get("TRAINDROP_CHECKPOINT_DIR", "/opt/ml/checkpoints"))
    return folder if folder.is_dir() else None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name to write to, with the same suffix; it becomes `path` in one step, so no kill leaves half a file."""
    partial = path.with_name(f"partial-{path.name}")
    yield partial
    os.replace(partial, path)


def fingerprint(settings: Mapping[str, Any], data: Iterable[Array]) -> str:
    """What a checkpoint belongs to: one of other settings or other data must not be gone on from."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for values in data:
        digest.update(f"{values.dtype} {values.shape}".encode())
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


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
    with named(file.name), path.open("w", encoding="utf-8", newline="") as stream:
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
        fail(str(error), error.for_log())


def fail(message: str, logged: str | None = None) -> NoReturn:
    """The container contract: what is in this file becomes the job's failure reason.

    `logged` goes to the log in its place.
    """
    folder = os.environ.get("SM_OUTPUT_DIR") or Path(os.environ["SM_OUTPUT_DATA_DIR"]).parent
    (Path(folder) / "failure").write_text(message, "utf-8")
    sys.exit(logged or message)
