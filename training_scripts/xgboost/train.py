"""Trains XGBoost on any CSV with a header: numbers, texts as categories, dates, missing values.

In SageMaker, in a Lambda or on a laptop alike, by the container contract of script mode:

    SM_CHANNEL_TRAIN=data SM_MODEL_DIR=model SM_OUTPUT_DATA_DIR=output PYTHONPATH=layers/core \\
        python training_scripts/xgboost/train.py --target Survived --max_depth 3

In:  the one CSV of the channel `train`, and of `test` if there is one.
Out: model.ubj and dataset.json (how a CSV becomes the model's features) in SM_MODEL_DIR; metrics.json (per round)
     and, with a test channel, predictions.csv in SM_OUTPUT_DATA_DIR.

Made for two million rows on two cores as well as for a hundred: the rows are read once and kept outside of XGBoost
(traindrop.kept_rows), reach it some at a time (xgboost_matrix), of large files without a NaN (dense_columns), and a
round is measured on a sample of them. Each trick's gain is in docs/decisions.md, 2026-11-25.

On several instances each reads its share of the file and trains on its share of the rows, and the first writes the
results. Two instances make the model that one makes, but for rounding, where every tree sees every row: with a
`subsample` below 1 each draws from its own rows, so that the model is another one, and as good.
"""

import argparse
import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from traindrop import refitting
from traindrop.csv_rows import named
from traindrop.dataset import Schema
from traindrop.dense_columns import LARGE_ROWS, densified, recoded
from traindrop.kept_rows import Array, Part
from traindrop.lean_xgboost import xgb
from traindrop.reading_together import read_together
from traindrop.training_script import (
    add_arguments,
    measured,
    only_csv,
    predict_test_channel,
    report,
    report_kept,
    run,
    save_results,
    split,
    threads,
)
from traindrop.xgboost_checkpoint import Checkpoint
from traindrop.xgboost_hosts import Group, joined, this_group
from traindrop.xgboost_matrix import BINNED_ROWS, matrix

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
# Rows of either part that a round is measured on, or all where there are fewer: an AUC is then known to 0.007, and from
# round to round, of the same rows, much better. All of two million took more time than the trees.
MEASURED_ROWS = 20_000
OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}


def arguments() -> argparse.ArgumentParser:
    """Every flag that the script takes; any other is an error."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw, allow_abbrev=False)
    add_arguments(parser)
    parser.add_argument(
        "--refit",
        default="auto",
        type=str.lower,
        choices=refitting.CHOICES,
        help=f"train again on all rows after validation; auto: where they are fewer than {refitting.ENOUGH_ROWS:,}",
    )
    for name, default in (BOOSTING | ROUNDS).items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    return parser


def main() -> None:
    started = time.perf_counter()
    options, group = arguments().parse_args(), this_group()
    schema, training, validation = data(options, group)
    print(f"Train size: {training.shape}")
    print(f"Validation size: {validation.shape}", flush=True)
    if group.size > 1:
        print(f"Instance {group.rank + 1} of {group.size}, each with its share of the rows", flush=True)

    began = time.perf_counter()
    fit = Fit(schema, options, group)
    booster, history = fit.measured(training, validation)
    if group.is_first and "best_iteration" in history:
        report_kept(history["best_iteration"], history)
    print(f"Training time: {time.perf_counter() - began:.2f} seconds", flush=True)
    if len(validation) and refitting.refits(options.refit, len(training) + len(validation)):
        # Validation has told how good such a model is; the rows held out for it make the one that is kept better.
        began = time.perf_counter()
        whole = Part(training.rows, training.chosen | validation.chosen)
        booster = fit.of_all(whole, history.get("best_iteration", options.num_round - 1) + 1)
        print(f"Trained again on all rows: {whole.shape}, {time.perf_counter() - began:.2f} seconds", flush=True)
    if not group.is_first:
        return

    # XGBoost's own format: it loads without a pickle.
    model = Path(os.environ["SM_MODEL_DIR"]) / "model.ubj"
    booster.save_model(model)
    save_results(schema, history)
    print(f"Model saved to {model}")
    predict_test_channel(schema, options, lambda rows: predict(booster, schema, rows))
    print(f"Total time: {time.perf_counter() - started:.2f} seconds")


def data(options: argparse.Namespace, group: Group) -> tuple[Schema, Part, Part]:
    """How the train channel's CSV is read, its rows to train on, and those held out."""
    file = only_csv(Path(os.environ["SM_CHANNEL_TRAIN"]), options.train)
    with named(file.name):
        schema, rows = read_together(file, options.target, options.task, options.drop, group)
    parts = []
    for numbers in split(rows.labels, schema, options.validation_fraction, options.seed):
        chosen = np.zeros(len(rows.labels), dtype=bool)
        chosen[numbers] = True
        parts.append(Part(rows, chosen))
    training, validation = parts
    if len(training) >= LARGE_ROWS:
        schema = dense(schema, training, options.seed)
    return schema, training, validation


def dense(schema: Schema, training: Part, seed: int) -> Schema:
    """The schema that XGBoost is quicker with; the rows are changed to what it makes of them."""
    found = densified(schema, training, seed)
    training.rows.change(recoded(schema, found))
    return found


def boosting_parameters(schema: Schema, options: argparse.Namespace) -> dict[str, Any]:
    """What XGBoost is told for this task."""
    parameters: dict[str, Any] = {name: getattr(options, name) for name in BOOSTING}
    parameters.update(objective=OBJECTIVES[schema.task], tree_method="hist", seed=options.seed, nthread=threads())
    # What is measured is measured here: XGBoost's own AUC of each round took more time than the trees.
    parameters.update(disable_default_eval_metric=True)
    if schema.task == "multiclass":
        parameters["num_class"] = len(schema.classes)
    if schema.task != "binary":
        del parameters["scale_pos_weight"]
    return parameters


@dataclass(frozen=True)
class Measurable:
    """What each round is measured on: "train" or "validation", a matrix, its labels."""

    name: str
    matrix: xgb.DMatrix
    labels: Array

    def metrics(self, booster: xgb.Booster, task: str) -> dict[str, float]:
        # Of a matrix that it knows XGBoost keeps the prediction, and adds the new tree's.
        return measured(self.labels, by_class(booster.predict(self.matrix), task), task)


@dataclass(frozen=True)
class Fit:
    """How a model is fitted, by all instances together: each on every n-th row."""

    schema: Schema
    options: argparse.Namespace
    group: Group

    def measured(self, training: Part, held_out: Part) -> tuple[xgb.Booster, dict[str, Any]]:
        """The model of the training rows, and its metrics by part and name, one value per round."""
        checkpoint = self._checkpoint("validation", training, self.options.num_round)
        sample, bins = self._binned(training)
        # The same rows on each instance: an AUC is not the mean of the instances'.
        parts = [self._measurable("train", sample, bins)]
        if len(held_out):
            parts.append(self._measurable("validation", held_out, bins))
        patience = self.options.early_stopping_rounds if len(held_out) else 0
        with joined(self.group):
            train = self._share(training, bins)
            booster, history = self._train(train, self.options.num_round, checkpoint, parts, patience)
        best = booster.attr("best_iteration")
        return booster, history | ({} if best is None else {"best_iteration": int(best)})

    def of_all(self, rows: Part, rounds: int) -> xgb.Booster:
        """The model of all rows, of which none is left to measure it by."""
        checkpoint = self._checkpoint("all-rows", rows, rounds)
        _, bins = self._binned(rows)
        with joined(self.group):
            return self._train(self._share(rows, bins), rounds, checkpoint)[0]

    def _checkpoint(self, name: str, rows: Part, rounds: int) -> Checkpoint:
        content = (values for block in rows.blocks() for values in block)
        return Checkpoint(name, {**vars(self.options), "rounds": rounds}, content, self.group)

    def _train(
        self,
        train: xgb.DMatrix,
        rounds: int,
        checkpoint: Checkpoint,
        parts: Sequence[Measurable] = (),
        patience: int = 0,
    ) -> tuple[xgb.Booster, dict[str, Any]]:
        parameters = boosting_parameters(self.schema, self.options)
        booster, history = checkpoint.restored(parameters)
        progress = Progress(history, checkpoint, patience, self.group, self.schema.task, parts)
        left = rounds - (booster.num_boosted_rounds() if booster else 0)
        if left and not progress.is_enough():
            booster = xgb.train(parameters, train, left, verbose_eval=False, xgb_model=booster, callbacks=[progress])
            checkpoint.save(booster, history, now=True)
        return booster, history

    def _binned(self, rows: Part) -> tuple[Part, xgb.DMatrix]:
        """The rows that all others are binned by, and their matrix."""
        # Of a few more, all: they are binned once then, as what is trained on too.
        sample = rows.sample(BINNED_ROWS, self.options.seed) if len(rows) > 2 * BINNED_ROWS else rows
        return sample, self._matrix(sample)

    def _measurable(self, name: str, rows: Part, bins: xgb.DMatrix) -> Measurable:
        some = rows.sample(MEASURED_ROWS, self.options.seed)
        known = name == "train" and some is rows  # XGBoost predicts what it trains on anyway
        return Measurable(name, bins if known else self._matrix(some, bins), some.labels)

    def _share(self, rows: Part, bins: xgb.DMatrix) -> xgb.DMatrix:
        """This instance's rows, by the bins of all: those of a share would be others, and make another model."""
        if self.group.size == 1 and bins.num_row() == len(rows):
            return bins
        return self._matrix(rows.every(self.group.size, self.group.rank), bins)

    def _matrix(self, rows: Part, ref: xgb.DMatrix | None = None) -> xgb.DMatrix:
        return matrix(rows, self.schema, self.options.max_bin, ref)


class Progress(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """After each round: its line in the log, its metrics, a checkpoint, and whether to stop early.

    All by the history, which a checkpoint brings back: XGBoost's own early stopping would begin anew.
    """

    def __init__(
        self,
        history: dict[str, Any],
        checkpoint: Checkpoint,
        patience: int,
        group: Group,
        task: str,
        parts: Sequence[Measurable],
    ) -> None:
        super().__init__()
        self.history, self.checkpoint, self.patience, self.group = history, checkpoint, patience, group
        self.task, self.parts = task, parts

    def after_iteration(self, model: xgb.Booster, epoch: int, evals_log: dict[str, dict[str, list[float]]]) -> bool:  # noqa: ARG002
        if self.parts:
            values = {part.name: part.metrics(model, self.task) for part in self.parts}
            # All instances measure the same; one tells.
            with contextlib.nullcontext() if self.group.is_first else contextlib.redirect_stdout(None):
                report(model.num_boosted_rounds() - 1, values, self.history)
        if self.patience:
            model.set_attr(best_iteration=str(self._best()))
        self.checkpoint.save(model, self.history)
        return self.is_enough()

    def is_enough(self) -> bool:
        """Whether the last rounds have brought nothing."""
        return bool(self.patience and self.history) and len(self._watched()) - 1 - self._best() >= self.patience

    def _best(self) -> int:
        return int(np.argmin(self._watched()))  # the first of equals, and the last metric is an error

    def _watched(self) -> list[float]:
        *_, series = self.history["validation"].values()
        return cast("list[float]", series)


def predict(booster: xgb.Booster, schema: Schema, features: Array) -> Array:
    """The probability of each class, or the value, by the rounds up to the best."""
    best = booster.attr("best_iteration")
    found: Array = booster.inplace_predict(features, iteration_range=(0, 0 if best is None else int(best) + 1))
    return by_class(found, schema.task)


def by_class(predicted: Array, task: str) -> Array:
    """Of two classes XGBoost gives the second one's probability."""
    return np.stack([1 - predicted, predicted], axis=1) if task == "binary" else predicted


if __name__ == "__main__":
    run(main)
