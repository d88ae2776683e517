"""Trains XGBoost on any CSV with a header: numbers, texts as categories, dates, missing values.

In SageMaker, in a Lambda or on a laptop alike, by the container contract of script mode:

    SM_CHANNEL_TRAIN=data SM_MODEL_DIR=model SM_OUTPUT_DATA_DIR=output PYTHONPATH=layers/core \\
        python training_scripts/xgboost/train.py --target Survived --max_depth 3

In:  the one CSV of the channel `train`, and of `test` if there is one.
Out: model.ubj and dataset.json (how a CSV becomes the model's features) in SM_MODEL_DIR; metrics.json (per round)
     and, with a test channel, predictions.csv in SM_OUTPUT_DATA_DIR.

On several instances each trains on its share of the rows, and the first writes the results. Two instances make the
model that one makes, but for rounding, where every tree sees every row: with a `subsample` below 1 each draws from its
own rows, so that the model is another one, and as good. `train-auc` is the mean over the instances' rows.
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
import xgboost as xgb

from traindrop.dataset import Schema
from traindrop.training_script import (
    Array,
    add_arguments,
    predict_test_channel,
    report,
    run,
    save_results,
    split,
    threads,
    training_data,
    truth,
)
from traindrop.xgboost_checkpoint import Checkpoint
from traindrop.xgboost_hosts import Group, joined, this_group

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
    add_arguments(parser)
    parser.add_argument("--refit", default=True, type=truth, help="train again on all rows after validation")
    for name, default in (BOOSTING | ROUNDS).items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    return parser


def main() -> None:
    started = time.perf_counter()
    options, group = arguments().parse_args(), this_group()
    schema, features, target = training_data(options)
    training, validation = split(target, schema, options.validation_fraction, options.seed)
    print(f"Train size: {features[training].shape}")
    print(f"Validation size: {features[validation].shape}", flush=True)
    if group.size > 1:
        print(f"Instance {group.rank + 1} of {group.size}, each with its share of the rows", flush=True)

    began = time.perf_counter()
    fit = Fit(schema, options, group)
    held_out = (features[validation], target[validation]) if len(validation) else None
    booster, history = fit.measured(features[training], target[training], held_out)
    print(f"Training time: {time.perf_counter() - began:.2f} seconds", flush=True)
    if options.refit and held_out:
        # Validation has told how good such a model is; the rows held out for it make the one that is kept better.
        began = time.perf_counter()
        booster = fit.of_all(features, target, history.get("best_iteration", options.num_round - 1) + 1)
        print(f"Trained again on all rows: {features.shape}, {time.perf_counter() - began:.2f} seconds", flush=True)
    if not group.is_first:
        return

    # XGBoost's own format: it loads without a pickle.
    model = Path(os.environ["SM_MODEL_DIR"]) / "model.ubj"
    booster.save_model(model)
    save_results(schema, history)
    print(f"Model saved to {model}")
    predict_test_channel(schema, options, lambda rows: predict(booster, schema, rows))
    print(f"Total time: {time.perf_counter() - started:.2f} seconds")


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


@dataclass(frozen=True)
class Fit:
    """How a model is fitted, by all instances together: each on every n-th row."""

    schema: Schema
    options: argparse.Namespace
    group: Group

    def measured(
        self, features: Array, target: Array, held_out: tuple[Array, Array] | None
    ) -> tuple[xgb.Booster, dict[str, Any]]:
        """The model of the training rows, and its metrics by part and name, one value per round."""
        checkpoint = Checkpoint("validation", vars(self.options), (features, target), self.group)
        bins = self._matrix(features, target)
        with joined(self.group):
            train = self._share(features, target, bins)
            parts = [(train, "train")]
            if held_out:
                # All of them on each instance: an AUC is not the mean of the instances'.
                parts.append((self._matrix(*held_out, ref=train), "validation"))
            patience = self.options.early_stopping_rounds if held_out else 0
            booster, history = self._train(train, self.options.num_round, checkpoint, parts, patience)
        best = booster.attr("best_iteration")
        return booster, history | ({} if best is None else {"best_iteration": int(best)})

    def of_all(self, features: Array, target: Array, rounds: int) -> xgb.Booster:
        """The model of all rows, of which none is left to measure it by."""
        checkpoint = Checkpoint("all-rows", {**vars(self.options), "rounds": rounds}, (features, target), self.group)
        bins = self._matrix(features, target)
        with joined(self.group):
            return self._train(self._share(features, target, bins), rounds, checkpoint)[0]

    def _train(
        self,
        train: xgb.DMatrix,
        rounds: int,
        checkpoint: Checkpoint,
        parts: Sequence[tuple[xgb.DMatrix, str]] = (),
        patience: int = 0,
    ) -> tuple[xgb.Booster, dict[str, Any]]:
        parameters = boosting_parameters(self.schema, self.options)
        booster, history = checkpoint.restored(parameters)
        progress = Progress(history, checkpoint, patience, self.group)
        left = rounds - (booster.num_boosted_rounds() if booster else 0)
        if left and not progress.is_enough():
            callbacks = [progress]
            booster = xgb.train(
                parameters, train, left, evals=parts, verbose_eval=False, xgb_model=booster, callbacks=callbacks
            )
            checkpoint.save(booster, history, now=True)
        return booster, history

    def _share(self, features: Array, target: Array, bins: xgb.DMatrix) -> xgb.DMatrix:
        if self.group.size == 1:
            return bins
        mine = slice(self.group.rank, None, self.group.size)
        # By the bins of all rows: those of a share would be others, and make another model.
        return self._matrix(features[mine], target[mine], ref=bins)

    def _matrix(self, features: Array, target: Array, ref: xgb.DMatrix | None = None) -> xgb.DMatrix:
        types = {"feature_types": self.schema.feature_types, "enable_categorical": True}
        return xgb.QuantileDMatrix(features, target, ref=ref, max_bin=self.options.max_bin, **types)


class Progress(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """After each round: its line in the log, its metrics, a checkpoint, and whether to stop early.

    All by the history, which a checkpoint brings back: XGBoost's own early stopping would begin anew.
    """

    def __init__(self, history: dict[str, Any], checkpoint: Checkpoint, patience: int, group: Group) -> None:
        super().__init__()
        self.history, self.checkpoint, self.patience, self.group = history, checkpoint, patience, group

    def after_iteration(self, model: xgb.Booster, epoch: int, evals_log: dict[str, dict[str, list[float]]]) -> bool:  # noqa: ARG002
        values = {part: {name: series[-1] for name, series in found.items()} for part, found in evals_log.items()}
        if values:
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
        return int(np.argmin(self._watched()))  # the first of equals, and each of TASKS' last metrics is an error

    def _watched(self) -> list[float]:
        *_, series = self.history["validation"].values()
        return cast("list[float]", series)


def predict(booster: xgb.Booster, schema: Schema, features: Array) -> Array:
    """The probability of each class, or the value, by the rounds up to the best."""
    best = booster.attr("best_iteration")
    found: Array = booster.inplace_predict(features, iteration_range=(0, 0 if best is None else int(best) + 1))
    return np.stack([1 - found, found], axis=1) if schema.task == "binary" else found


if __name__ == "__main__":
    run(main)
