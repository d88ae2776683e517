"""Trains one of scikit-learn's estimators on any CSV with a header, preprocessing and estimator in one pipeline.

In SageMaker or on a laptop alike, by the container contract of script mode:

    SM_CHANNEL_TRAIN=data SM_MODEL_DIR=model SM_OUTPUT_DATA_DIR=output PYTHONPATH=layers/core \\
        python training_scripts/sklearn/train.py --target Survived --estimator linear --C 0.5

In:  the one CSV of the channel `train`, and of `test` if there is one.
Out: model.joblib and dataset.json (how a CSV becomes the model's features) in SM_MODEL_DIR; metrics.json and, with
     a test channel, predictions.csv in SM_OUTPUT_DATA_DIR.

model.joblib is a pickle, scikit-learn's own way: load it only where you would run the code of whoever trained it, and
with the same version of scikit-learn. There are no checkpoints: a fit is one call, which leaves nothing to go on from,
so an interrupted job starts anew. One instance only, for the same reason.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR

from traindrop.dataset import DatasetError, Schema
from traindrop.training_script import (
    Array,
    add_arguments,
    fail,
    hosts,
    measured,
    predict_test_channel,
    report,
    run,
    save_results,
    split,
    threads,
    training_data,
    truth,
)

# Each estimator's hyperparameters with their defaults: https://scikit-learn.org/stable/api/
ESTIMATORS: dict[str, dict[str, Any]] = {
    "linear": {"C": 1.0, "max_iter": 1000},  # logistic regression; for values to estimate, ridge
    "random_forest": {"n_estimators": 300, "max_depth": 0, "min_samples_leaf": 2},
    "extra_trees": {"n_estimators": 300, "max_depth": 0, "min_samples_leaf": 2},
    "gradient_boosting": {  # histograms, as XGBoost and LightGBM do
        "n_estimators": 100,
        "learning_rate": 0.05,
        "max_depth": 0,
        "min_samples_leaf": 20,
        "l2_regularization": 0.0,
        "early_stopping_rounds": 0,
    },
    "knn": {"n_neighbors": 10, "weights": "uniform"},
    "svm": {"C": 1.0, "kernel": "rbf"},  # time grows with the square of the rows: for some ten thousand at most
}
HYPERPARAMETERS: dict[str, tuple[type, str]] = {
    "n_estimators": (int, "trees; of gradient_boosting rounds"),
    "max_depth": (int, "splits from root to leaf; 0: no limit"),
    "min_samples_leaf": (int, "least rows in a leaf"),
    "learning_rate": (float, "what each tree counts for; smaller needs more of them"),
    "l2_regularization": (float, "of leaf values"),
    "early_stopping_rounds": (int, "rounds without a gain before stopping; 0: never"),
    "C": (float, "what the rows count for against small coefficients; smaller regularises more"),
    "max_iter": (int, "iterations of the solver at most"),
    "kernel": (str, "linear, poly, rbf or sigmoid"),
    "n_neighbors": (int, "rows that a prediction is the mean of"),
    "weights": (str, "uniform, or distance: nearer rows count for more"),
}
SCALED = ("linear", "knn", "svm")  # the trees do not care how large a feature is
# Columns that one category column becomes at the most: the matrix is dense.
MOST_CATEGORIES = 100


def arguments() -> argparse.ArgumentParser:
    """Every flag that the script takes; any other is an error."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw, allow_abbrev=False)
    add_arguments(parser)
    parser.add_argument("--refit", default=True, type=truth, help="train again on all rows after validation")
    parser.add_argument("--estimator", default="random_forest", choices=list(ESTIMATORS))
    for name, (kind, meaning) in HYPERPARAMETERS.items():
        parser.add_argument(f"--{name}", type=kind, help=f"{meaning}; default: the estimator's")
    return parser


def main() -> None:
    started = time.perf_counter()
    options = arguments().parse_args()
    values = hyperparameters(options)
    if len(hosts()) > 1:
        fail(
            f"This job has {len(hosts())} instances, and scikit-learn fits a model on one: the others would only "
            "cost. Set instance_count to 1, or take another framework."
        )
    schema, features, target = training_data(options)
    training, validation = split(target, schema, options.validation_fraction, options.seed)
    print(f"Train size: {features[training].shape}")
    print(f"Validation size: {features[validation].shape}", flush=True)

    began = time.perf_counter()
    model = fitted(schema, options, values, features[training], target[training])
    parts = {"train": training, "validation": validation}
    history: dict[str, Any] = {}
    scores = {
        part: measured(target[rows], predict(model, schema, features[rows]), schema.task)
        for part, rows in parts.items()
        if len(rows)
    }
    report(0, scores, history)
    print(f"Training time: {time.perf_counter() - began:.2f} seconds", flush=True)
    if options.refit and len(validation):
        # Validation has told how good such a model is; the rows held out for it make the one that is kept better.
        began = time.perf_counter()
        model = fitted(schema, options, as_fitted(model, values), features, target)
        print(f"Trained again on all rows: {features.shape}, {time.perf_counter() - began:.2f} seconds", flush=True)

    path = Path(os.environ["SM_MODEL_DIR"]) / "model.joblib"
    joblib.dump(model, path)
    save_results(schema, history)
    print(f"Model saved to {path}")
    predict_test_channel(schema, options, lambda rows: predict(model, schema, rows))
    print(f"Total time: {time.perf_counter() - started:.2f} seconds")


def hyperparameters(options: argparse.Namespace) -> dict[str, Any]:
    """Those of the chosen estimator. One that it does not have fails the job: it would change nothing."""
    own = ESTIMATORS[options.estimator]
    given = {name: getattr(options, name) for name in HYPERPARAMETERS if getattr(options, name) is not None}
    if others := [name for name in given if name not in own]:
        fail(f"The estimator {options.estimator} has no hyperparameter {', '.join(others)}. It has: {', '.join(own)}.")
    return own | given


def fitted(
    schema: Schema, options: argparse.Namespace, values: dict[str, Any], features: Array, target: Array
) -> Pipeline:
    """The pipeline of these rows. float64, in which the solvers of linear models converge."""
    pipeline = Pipeline(
        [
            ("preprocessing", preprocessing(schema, options.estimator)),
            ("estimator", estimator(schema.task, options, values, target)),
        ]
    )
    return pipeline.fit(features.astype(np.float64), target)


def preprocessing(schema: Schema, name: str) -> ColumnTransformer:
    """Numbers, without gaps and on one scale where the estimator needs it, and a 0 or 1 for each category."""
    numbers = [n for n, kind in enumerate(schema.feature_types) if kind == "q"]
    categories = [n for n, kind in enumerate(schema.feature_types) if kind == "c"]
    # A gap is the median, and a 1 in a column of its own.
    filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    prepared = make_pipeline(filled, StandardScaler()) if name in SCALED else filled
    if name == "gradient_boosting":
        prepared = "passthrough"  # it splits by the gap itself
    encoded = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=-1),  # missing is a category too
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False),
    )
    return ColumnTransformer([("numbers", prepared, numbers), ("categories", encoded, categories)])


def estimator(task: str, options: argparse.Namespace, values: dict[str, Any], target: Array) -> Any:
    """The estimator, not yet fitted, for classes or for values; `values` are its hyperparameters."""
    classes, seed, values = task != "regression", options.seed, dict(values)
    if "max_depth" in values:
        values["max_depth"] = values["max_depth"] or None
    if options.estimator == "linear":
        # Ridge minimises squared errors + alpha * squared coefficients, the other C * loss + squared coefficients / 2.
        ridge = Ridge(alpha=1 / (2 * values["C"]), max_iter=values["max_iter"])
        return LogisticRegression(random_state=seed, **values) if classes else ridge
    if options.estimator == "svm":
        return support_vectors(values, target) if classes else on_one_scale(SVR(**values))
    if options.estimator == "knn":
        neighbors = KNeighborsClassifier if classes else KNeighborsRegressor
        return neighbors(n_jobs=threads(), **values)
    if options.estimator == "gradient_boosting":
        return boosting(task, seed, values, target)
    if options.estimator == "extra_trees":
        forest = ExtraTreesClassifier if classes else ExtraTreesRegressor
    else:
        forest = RandomForestClassifier if classes else RandomForestRegressor
    return forest(random_state=seed, n_jobs=threads(), **values)


def boosting(task: str, seed: int, values: dict[str, Any], target: Array) -> Any:
    """Early stopping is scikit-learn's own: by the loss of a tenth of the training rows, which it holds out for that,
    so that validation tells of rows that decided nothing."""
    patience = values.pop("early_stopping_rounds")
    rows: list[int] = [] if task == "regression" else np.unique(target, return_counts=True)[1].tolist()
    if patience and rows and (min(rows) < 2 or len(target) < 10 * len(rows)):
        raise DatasetError(
            "early stopping holds out a tenth of the training rows, with rows of each class, and there are too few for "
            f"that: {len(target)}, and of one class {min(rows)}. Add rows, or leave early_stopping_rounds out."
        )
    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    return kind(
        max_iter=values.pop("n_estimators"),
        early_stopping=patience > 0,
        n_iter_no_change=patience or 1,
        random_state=seed,
        **values,
    )


def as_fitted(model: Pipeline, values: dict[str, Any]) -> dict[str, Any]:
    """The hyperparameters of the same model of other rows: as many rounds, where those were found by stopping early."""
    if not values.get("early_stopping_rounds"):
        return values
    rounds = model.named_steps["estimator"].n_iter_
    print(f"Stopped after round {rounds - 1}")
    return {**values, "n_estimators": rounds, "early_stopping_rounds": 0}


def support_vectors(values: dict[str, Any], target: Array) -> CalibratedClassifierCV:
    """With probabilities, which are learnt by cross-validation from the distances to the border."""
    folds = min(5, int(np.unique(target, return_counts=True)[1].min()))
    if folds < 2:
        raise DatasetError(
            "the estimator svm learns its probabilities by cross-validation, which needs two training rows of each "
            "class, and a class has one. Add rows of it, or take another estimator."
        )
    return CalibratedClassifierCV(SVC(**values), ensemble=False, cv=folds)


def on_one_scale(regressor: SVR) -> TransformedTargetRegressor:
    """C and epsilon mean what they say for a target of variance 1."""
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def predict(model: Pipeline, schema: Schema, features: Array) -> Array:
    """The probability of each class, or the value."""
    rows = features.astype(np.float64)
    found: Array = model.predict(rows) if schema.task == "regression" else model.predict_proba(rows)
    return found


if __name__ == "__main__":
    run(main)
