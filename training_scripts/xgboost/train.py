"""Trains XGBoost on any CSV with a header: numbers, texts as categories, dates, missing values.

In SageMaker, in a Lambda or on a laptop alike, by the container contract of script mode:

    SM_CHANNEL_TRAIN=data SM_MODEL_DIR=model SM_OUTPUT_DATA_DIR=output PYTHONPATH=layers/core \\
        python training_scripts/xgboost/train.py --target Survived --max_depth 3

In:  the one CSV of the channel `train`, and of `test` if there is one.
Out: model.ubj and dataset.json (how a CSV becomes the model's features) in SM_MODEL_DIR; metrics.json (per round)
     and, with a test channel, predictions.csv in SM_OUTPUT_DATA_DIR.
"""

import argparse
import ast
import csv
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from traindrop.dataset import DatasetError, Schema, fit_schema, read

Array = npt.NDArray[Any]

# XGBoost's own parameters, https://xgboost.readthedocs.io/en/stable/parameter.html
BOOSTING: dict[str, int | float] = {
    "max_depth": 5,  # splits from root to leaf
    "eta": 0.1,  # what each tree counts for; smaller needs more rounds
    "subsample": 0.8,  # share of the rows that a tree sees
    "colsample_bytree": 0.8,  # share of the features that a tree sees
    "min_child_weight": 1.0,  # least sum of second derivatives in a leaf; about rows, for a regression
    "gamma": 0.0,  # least gain for a further split
    "reg_lambda": 1.0,  # L2 regularisation of leaf weights
    "reg_alpha": 0.0,  # L1 regularisation of leaf weights
    "max_bin": 256,  # bins of a feature's histogram; more is slower and splits finer
    "scale_pos_weight": 1.0,  # weight of a row of the positive class (binary only)
}
ROUNDS: dict[str, int] = {
    "num_round": 100,  # trees, per class where there are more than two
    "early_stopping_rounds": 0,  # rounds without a gain in validation before stopping; 0: never stop early
}
# Objective, and what is measured each round; early stopping watches the last one.
TASKS: dict[str, tuple[str, list[str]]] = {
    "binary": ("binary:logistic", ["error", "auc", "logloss"]),
    "multiclass": ("multi:softprob", ["merror", "mlogloss"]),
    "regression": ("reg:squarederror", ["mae", "rmse"]),
}


def arguments() -> argparse.ArgumentParser:
    """Every flag that the script takes; any other is an error."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw, allow_abbrev=False)
    parser.add_argument("--train", default="", help="name of the CSV in the channel; default: the only one there")
    parser.add_argument("--test", default="", help="name of the CSV in the test channel; default: the only one there")
    parser.add_argument("--target", required=True, help="name of the column to predict")
    parser.add_argument("--task", default="auto", choices=["auto", *TASKS])
    parser.add_argument("--drop", default=(), type=names, help="names of columns to leave out, as a JSON list")
    parser.add_argument("--validation_fraction", default=0.2, type=share, help="of the rows, held out; below 1")
    parser.add_argument("--seed", default=42, type=int, help="of the split and of the sampling")
    parser.add_argument("--refit", default=True, type=truth, help="train again on all rows after validation")
    for name, default in (BOOSTING | ROUNDS).items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    return parser


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


def main() -> None:
    started = time.perf_counter()
    options = arguments().parse_args()
    train_file = only_csv(Path(os.environ["SM_CHANNEL_TRAIN"]), options.train)
    with named(train_file):
        schema = fit_schema(train_file, options.target, options.task, options.drop)
        features, target = load(train_file, schema)
        training, validation = split(target, schema, options.validation_fraction, options.seed)
    print(f"Train size: {features[training].shape}")
    print(f"Validation size: {features[validation].shape}", flush=True)

    began = time.perf_counter()
    types = {"feature_types": schema.feature_types, "enable_categorical": True, "max_bin": options.max_bin}
    train = xgb.QuantileDMatrix(features[training], target[training], **types)
    held_out = None
    if len(validation):
        held_out = xgb.QuantileDMatrix(features[validation], target[validation], ref=train, **types)
    parameters = boosting_parameters(schema, options)
    booster, history = validate(train, held_out, parameters, options)
    print(f"Training time: {time.perf_counter() - began:.2f} seconds", flush=True)
    if options.refit and held_out:
        # Validation has told how good such a model is; the rows held out for it make the one that is kept better.
        began = time.perf_counter()
        rounds = history.get("best_iteration", options.num_round - 1) + 1
        booster = xgb.train(parameters, xgb.QuantileDMatrix(features, target, **types), rounds)
        print(f"Trained again on all rows: {features.shape}, {time.perf_counter() - began:.2f} seconds", flush=True)

    save(booster, schema, history, Path(os.environ["SM_MODEL_DIR"]), Path(os.environ["SM_OUTPUT_DATA_DIR"]))
    if test_channel := os.environ.get("SM_CHANNEL_TEST"):
        test_file = only_csv(Path(test_channel), options.test)
        with named(test_file):
            write_predictions(booster, schema, test_file, Path(os.environ["SM_OUTPUT_DATA_DIR"]) / "predictions.csv")
    print(f"Total time: {time.perf_counter() - started:.2f} seconds")


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


def boosting_parameters(schema: Schema, options: argparse.Namespace) -> dict[str, Any]:
    """What XGBoost is told for this task."""
    objective, metrics = TASKS[schema.task]
    parameters: dict[str, Any] = {name: getattr(options, name) for name in BOOSTING}
    parameters.update(objective=objective, eval_metric=metrics, tree_method="hist", seed=options.seed)
    parameters.update(nthread=threads())
    if schema.task == "multiclass":
        parameters["num_class"] = len(schema.classes)
    if schema.task != "binary":
        del parameters["scale_pos_weight"]
    return parameters


def validate(
    train: xgb.DMatrix, validation: xgb.DMatrix | None, parameters: dict[str, Any], options: argparse.Namespace
) -> tuple[xgb.Booster, dict[str, Any]]:
    """The model of the training rows, and its metrics by part and name, one value per round."""
    history: dict[str, Any] = {}
    parts = [(train, "train")] + ([(validation, "validation")] if validation else [])
    booster = xgb.train(
        parameters,
        train,
        options.num_round,
        evals=parts,
        evals_result=history,
        early_stopping_rounds=(options.early_stopping_rounds or None) if validation else None,
        verbose_eval=False,
        callbacks=[Report()],
    )
    best = booster.attr("best_iteration")
    return booster, history | ({} if best is None else {"best_iteration": int(best)})


class Report(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """One line per round, as CloudWatch and the metric definitions of the training job read it."""

    def after_iteration(self, model: xgb.Booster, epoch: int, evals_log: dict[str, dict[str, list[float]]]) -> bool:  # noqa: ARG002
        values = [
            f"{part}-{name}={series[-1]:.6g}" for part, metrics in evals_log.items() for name, series in metrics.items()
        ]
        print(f"[{epoch}] {' '.join(values)}", flush=True)
        return False


def threads() -> int:
    """As many as the processors that this process may use, or fewer if OMP_NUM_THREADS says so. More than that
    spin against each other."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, int(os.environ.get("OMP_NUM_THREADS", usable)))


def save(booster: xgb.Booster, schema: Schema, history: dict[str, Any], model_dir: Path, output_dir: Path) -> None:
    """Writes the model in XGBoost's own format: it loads without a pickle."""
    booster.save_model(model_dir / "model.ubj")
    (model_dir / "dataset.json").write_text(json.dumps(schema.to_json(), indent=2, ensure_ascii=False), "utf-8")
    (output_dir / "metrics.json").write_text(json.dumps(history), "utf-8")
    print(f"Model saved to {model_dir / 'model.ubj'}")


def write_predictions(booster: xgb.Booster, schema: Schema, test_file: Path, path: Path) -> None:
    """One line per data row of the test file, in its order."""
    columns = [f"probability_{name}" for name in schema.classes] or ["prediction"]
    best = booster.attr("best_iteration")
    rounds = (0, 0 if best is None else int(best) + 1)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["row", *columns])
        row = 0
        for batch in read(test_file, schema):
            features = np.frombuffer(batch.features, dtype=np.float32).reshape(batch.rows, len(schema.columns))
            found = booster.inplace_predict(features, iteration_range=rounds).reshape(batch.rows, -1)
            if schema.task == "binary":
                found = np.hstack([1 - found, found])
            for values in found.tolist():
                writer.writerow([row, *values])
                row += 1


def fail(message: str) -> None:
    """The container contract: what is in this file becomes the job's failure reason."""
    folder = os.environ.get("SM_OUTPUT_DIR") or Path(os.environ["SM_OUTPUT_DATA_DIR"]).parent
    (Path(folder) / "failure").write_text(message, "utf-8")
    sys.exit(message)


if __name__ == "__main__":
    try:
        main()
    except DatasetError as error:
        fail(str(error))
