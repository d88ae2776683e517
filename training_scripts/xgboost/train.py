"""Trains XGBoost on any CSV with a header: numbers, texts as categories, dates, missing values.

In SageMaker, in a Lambda or on a laptop alike, by the container contract of script mode:

    SM_CHANNEL_TRAIN=data SM_MODEL_DIR=model SM_OUTPUT_DATA_DIR=output PYTHONPATH=layers/core \\
        python training_scripts/xgboost/train.py --target Survived --max_depth 3

In:  the one CSV of the channel `train`, and of `test` if there is one.
Out: model.ubj and dataset.json (how a CSV becomes the model's features) in SM_MODEL_DIR; metrics.json (per round)
     and, with a test channel, predictions.csv in SM_OUTPUT_DATA_DIR.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from traindrop.dataset import Schema
from traindrop.training_script import (
    Array,
    add_arguments,
    predict_test_channel,
    run,
    save_results,
    split,
    threads,
    training_data,
    truth,
)

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
    options = arguments().parse_args()
    schema, features, target = training_data(options)
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


def predict(booster: xgb.Booster, schema: Schema, features: Array) -> Array:
    """The probability of each class, or the value, by the rounds up to the best."""
    best = booster.attr("best_iteration")
    found: Array = booster.inplace_predict(features, iteration_range=(0, 0 if best is None else int(best) + 1))
    return np.stack([1 - found, found], axis=1) if schema.task == "binary" else found


if __name__ == "__main__":
    run(main)
