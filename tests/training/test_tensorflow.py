"""The training script of framework tensorflow alone, run for real under the container contract, on one instance.

Mostly in this process: importing TensorFlow takes longer than a fit.
"""

import argparse
import importlib
import re
import signal
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import datasets
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.training.container import ROOT, Container, bundled, mixed_rows
from tests.training.test_titanic import DATA, TEST, TRAIN, rows_of

from traindrop.dataset import fit_schema, read
from traindrop.hyperparameters.tensorflow import TensorFlowHyperparameters
from traindrop.training_script import load, measured

# Keras 3.15 hands a variable of TensorFlow 2.21 to numpy as numpy 2 would rather not have it.
WARNING = "ignore:__array__ implementation:DeprecationWarning"
pytestmark = [
    pytest.mark.skipif(
        find_spec("tensorflow") is None, reason="TensorFlow is not installed; make tensorflow installs it"
    ),
    pytest.mark.filterwarnings(WARNING),
    pytest.mark.xdist_group("tensorflow"),  # one process imports it, not each
]
# What the launcher sets from other fields of training.yaml.
OTHERS = {"help", "train", "test", "target", "task", "drop", "validation_fraction", "seed"}
EPOCH_LINE = re.compile(r"\[(\d+)\]\ttrain-\w+:[0-9.e+-]+\t.*validation-\w+:[0-9.e+-]+")

Fit = Callable[..., str]


@pytest.fixture(scope="module")
def script() -> Any:
    return importlib.import_module("training_scripts.tensorflow.train")


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, "tensorflow", ("error", WARNING))


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    """Where they would be; there are none until it is made."""
    return tmp_path / "checkpoints"


@pytest.fixture
def fit(
    script: Any,
    container: Container,
    checkpoints: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Fit:
    """Runs the script's main function in this process; its output."""

    def fitted(**flags: object) -> str:
        for name, value in (container.environment() | {"TRAINDROP_CHECKPOINT_DIR": str(checkpoints)}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("SM_HOSTS", raising=False)
        parts = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
        monkeypatch.setattr(sys, "argv", ["train.py", *parts])
        capsys.readouterr()
        script.main()
        return capsys.readouterr().out

    return fitted


def titanic(container: Container, _: int) -> npt.NDArray[Any]:
    if not TRAIN.exists():
        pytest.skip(f"the Titanic data is not at {DATA}")
    for channel, file in (("train", TRAIN), ("test", TEST)):
        container.put(channel, file.name, []).write_bytes(file.read_bytes())
    return np.array([float(row["Survived"]) for row in rows_of(TEST)])


SETS: dict[str, Any] = {
    "titanic": titanic,
    "breast_cancer": lambda container, seed: bundled(container, datasets.load_breast_cancer, seed),
    "wine": lambda container, seed: bundled(container, datasets.load_wine, seed),
    "diabetes": lambda container, seed: bundled(container, datasets.load_diabetes, seed),
}


def by_a_linear_model(container: Container, target: str) -> npt.NDArray[Any]:
    """Logistic regression or ridge of all training rows, the same features, on the test channel."""
    (train,), (test,) = ((container.base / "input/data" / name).iterdir() for name in ("train", "test"))
    schema = fit_schema(train, target)
    features, values = load(train, schema)
    numbers = [n for n, kind in enumerate(schema.feature_types) if kind == "q"]
    categories = [n for n, kind in enumerate(schema.feature_types) if kind == "c"]
    prepared = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        (make_pipeline(SimpleImputer(strategy="constant", fill_value=-1), OneHotEncoder()), categories),
    )
    regression = schema.task == "regression"
    model = make_pipeline(prepared, Ridge() if regression else LogisticRegression(max_iter=1000))
    model.fit(features, values)
    rows = load(test, schema)[0]
    found: npt.NDArray[Any] = model.predict(rows) if regression else model.predict_proba(rows)
    return found


@pytest.mark.parametrize("name", SETS)
def test_it_is_as_good_as_a_linear_model_on_the_same_test_rows(
    container: Container, fit: Fit, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    target = "Survived" if name == "titanic" else "target"
    ours, linear = [], []
    for seed in range(2):
        truth = SETS[name](container, seed)
        fit(target=target, seed=seed)
        task = container.schema.task
        ours.append(measured(truth, container.predictions(), task))
        linear.append(measured(truth, by_a_linear_model(container, target), task))
    means = {metric: (np.mean([x[metric] for x in ours]), np.mean([x[metric] for x in linear])) for metric in ours[0]}
    with capsys.disabled():
        print(f"\n{name}:", *(f"{metric} {own:.4f} (linear {other:.4f})" for metric, (own, other) in means.items()))
    raise NotImplementedError
