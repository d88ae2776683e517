"""What a neural network has to be as good as: logistic regression, or ridge, on the same rows of several data sets."""

import argparse
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import datasets
from tests.training.container import Container, bundled
from tests.training.test_titanic import DATA, TEST, TRAIN, rows_of
from training_scripts.sklearn import train as sklearn_script

from traindrop.dataset import fit_schema
from traindrop.training_script import load, measured


def titanic(container: Container, _: int) -> npt.NDArray[Any]:
    if not TRAIN.exists():
        pytest.skip(f"the Titanic data is not at {DATA}")
    for channel, file in (("train", TRAIN), ("test", TEST)):
        container.put(channel, file.name, []).write_bytes(file.read_bytes())
    return np.array([float(row["Survived"]) for row in rows_of(TEST)])


# Each fills the channels by a seed, and gives the truth of the test rows.
SETS: dict[str, Callable[[Container, int], npt.NDArray[Any]]] = {
    "titanic": titanic,
    "breast_cancer": lambda container, seed: bundled(container, datasets.load_breast_cancer, seed),
    "wine": lambda container, seed: bundled(container, datasets.load_wine, seed),
    "diabetes": lambda container, seed: bundled(container, datasets.load_diabetes, seed),
}


def by_a_linear_model(container: Container, target: str) -> npt.NDArray[Any]:
    """Logistic regression or ridge of all training rows, of the same features, of the test channel."""
    (train,), (test,) = ((container.base / "input/data" / name).iterdir() for name in ("train", "test"))
    schema = fit_schema(train, target)
    features, values = load(train, schema)
    options = argparse.Namespace(estimator="linear", seed=0)
    model = sklearn_script.fitted(schema, options, sklearn_script.ESTIMATORS["linear"], features, values)
    return sklearn_script.predict(model, schema, load(test, schema)[0])


def assert_as_good(container: Container, name: str, seeds: int, fit: Callable[..., Any]) -> str:
    """Means over the seeds are no worse than by chance, which is two rows of a hundred; all metrics in a line.

    `fit(target=…, seed=…)` trains on the container's channels.
    """
    target = "Survived" if name == "titanic" else "target"
    ours, linear = [], []
    for seed in range(seeds):
        truth = SETS[name](container, seed)
        fit(target=target, seed=seed)
        task = container.schema.task
        ours.append(measured(truth, container.predictions(), task))
        linear.append(measured(truth, by_a_linear_model(container, target), task))
    means = {m: (statistics.mean(one[m] for one in ours), statistics.mean(one[m] for one in linear)) for m in ours[0]}
    for metric, (our, other) in means.items():
        if "error" in metric:
            assert our <= other + 0.02
        if metric == "rmse":
            assert our <= other * 1.02
    return " ".join([f"\n{name}:", *(f"{m} {our:.4f} (linear {other:.4f})" for m, (our, other) in means.items())])
