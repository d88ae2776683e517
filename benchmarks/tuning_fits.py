"""What one trial comes to: the fit of training_scripts/xgboost/train.py, in this process, round by round.

Each seed splits all rows of a dataset anew into those to test on and the rest, and the script splits the rest.
"""

import contextlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from benchmarks.processes import ROOT
from sklearn import datasets
from training_scripts.xgboost import train as script

from traindrop.dataset import Schema
from traindrop.kept_rows import Part
from traindrop.training_script import load, measured
from traindrop.tuning_config import Direction, RangeValue
from traindrop.xgboost_hosts import this_group

_TITANIC = ROOT.parent / "shared" / "data" / "titanic"
_TEST_SHARE = 0.25


@dataclass(frozen=True)
class Data:
    """A dataset: its header, its rows as lines of CSV, and what is searched for."""

    name: str
    target: str
    header: str
    rows: tuple[str, ...]
    metric: str
    direction: Direction


@dataclass(frozen=True)
class Fitted:
    """The objective metric in validation: by round, and of the model that is kept, which is that of round `best`."""

    rounds: tuple[float, ...]
    best: int

    @property
    def kept(self) -> float:
        return self.rounds[self.best]


def all_data() -> list[Data]:
    """Titanic where it lies beside the repository, and two that scikit-learn brings along."""
    found = [_of_sklearn("breast cancer", "auc", "maximize"), _of_sklearn("diabetes", "rmse", "minimize")]
    return [*_titanic(), *found]


class _Unmeasured(script.Measurable):
    def metrics(self, booster: Any, task: str) -> dict[str, float]:  # noqa: ARG002 - as its base has them
        return {}


class _Fit(script.Fit):
    """The script's, but that it measures on the rows held out alone: half of the time was for the others."""

    def _measurable(self, name: str, rows: Part, bins: Any) -> script.Measurable:
        found = super()._measurable(name, rows, bins)
        return _Unmeasured(**vars(found)) if name == "train" else found


class Fits:
    """The fits of one dataset and one seed; each point is fitted once."""

    def __init__(self, data: Data, seed: int, folder: Path) -> None:
        self._data, self._seed = data, seed
        order = np.random.default_rng(seed).permutation(len(data.rows))
        cut = round(len(order) * _TEST_SHARE)
        self._test = self._written(folder / "test", order[:cut])
        train = self._written(folder / "train", order[cut:])
        os.environ["SM_CHANNEL_TRAIN"] = str(train.parent)
        self._read: tuple[Schema, Part, Part] = script.data(self._options({}), this_group())
        self._known: dict[tuple[tuple[str, RangeValue], ...], Fitted] = {}

    def __call__(self, hyperparameters: Mapping[str, RangeValue]) -> Fitted:
        point = tuple(sorted(hyperparameters.items()))
        if point not in self._known:
            self._known[point] = self._fitted(hyperparameters)
        return self._known[point]

    def test(self, hyperparameters: Mapping[str, RangeValue]) -> float:
        """The metric on the test rows, of the model that is trained again on all others, as the script does."""
        schema, training, validation = self._read
        rounds = self(hyperparameters).best + 1
        whole = Part(training.rows, training.chosen | validation.chosen)
        booster = self._fit(hyperparameters).of_all(whole, rounds)
        features, target = load(self._test, schema)
        return measured(target, script.predict(booster, schema, features), schema.task)[self._data.metric]

    def _fitted(self, hyperparameters: Mapping[str, RangeValue]) -> Fitted:
        _, training, validation = self._read
        with contextlib.redirect_stdout(io.StringIO()):
            _, history = self._fit(hyperparameters).measured(training, validation)
        rounds = history["validation"][self._data.metric]
        return Fitted(tuple(rounds), history.get("best_iteration", len(rounds) - 1))

    def _fit(self, hyperparameters: Mapping[str, RangeValue]) -> "_Fit":
        return _Fit(self._read[0], self._options(hyperparameters), this_group())

    def _options(self, hyperparameters: Mapping[str, RangeValue]) -> Any:
        given = [f"--{name}={value}" for name, value in hyperparameters.items()]
        return script.arguments().parse_args([f"--target={self._data.target}", f"--seed={self._seed}", *given])

    def _written(self, folder: Path, rows: Any) -> Path:
        folder.mkdir(parents=True)
        file = folder / f"{folder.name}.csv"
        file.write_text("\n".join([self._data.header, *(self._data.rows[row] for row in rows), ""]), "utf-8")
        return file


def _titanic() -> list[Data]:
    files = [_TITANIC / f"titanic_{part}.csv" for part in ("train", "test")]
    if not all(file.is_file() for file in files):
        return []
    (header, *rows), (_, *more) = (file.read_text("utf-8").splitlines() for file in files)
    return [Data("Titanic", "Survived", header, (*rows, *more), "auc", "maximize")]


def _of_sklearn(name: str, metric: str, direction: Direction) -> Data:
    found: SimpleNamespace = getattr(datasets, f"load_{name.replace(' ', '_')}")()
    rows = tuple(
        ",".join([*(repr(float(each)) for each in features), repr(target.item())])
        for features, target in zip(found.data, found.target, strict=True)
    )
    header = ",".join([*(str(each).replace(" ", "_") for each in found.feature_names), "target"])
    return Data(name, "target", header, rows, metric, direction)
