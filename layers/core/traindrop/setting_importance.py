"""How much each setting that was searched matters for the objective.

By the bias-corrected distance correlation of its values with the ranks of the objective (Székely and Rizzo, J. of
Multivariate Analysis 117, 2013: https://doi.org/10.1016/j.jmva.2013.02.012). It sees an optimum in the middle of a
range as well as a slope, takes choices as they are, and is about 0 where there is nothing. Of 20 made trials in which
one setting decides, with noise, it named that one first in 93 to 100 % of 40 cases; a rank correlation in 38 % where
the optimum lies in the middle and 45 % where it is a choice, optuna's PED-ANOVA, which looks at the best tenth, in 23
to 88 %.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from traindrop.search_space import Setting
from traindrop.trial import Trial

# With so many the setting that decides came first in 73 to 100 % of 40 cases.
LEAST_TRIALS = 10

Array = npt.NDArray[np.float64]


def importance_of(settings: Sequence[Setting], trials: Sequence[Trial]) -> dict[str, float]:
    """A share of 1 for each setting, the greatest first; empty where too few trials have a value, or none matters.

    It tells what went with the objective among these trials, nothing beyond.
    """
    usable = [
        trial for trial in trials if trial.counts and all(each.name in trial.hyperparameters for each in settings)
    ]
    if len(usable) < LEAST_TRIALS:
        return {}
    outcome = _centred(_between(_ranks([trial.objective or 0.0 for trial in usable])))
    found = {each.name: max(0.0, _correlation(_centred(_distances(each, usable)), outcome)) for each in settings}
    total = sum(found.values())
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return {name: float(value / total) for name, value in ordered} if total else {}


def _distances(setting: Setting, trials: Sequence[Trial]) -> Array:
    values: list[Any] = [trial.hyperparameters[setting.name] for trial in trials]
    if setting.kind == "categorical":
        differ: Array = np.array([[float(one != other) for other in values] for one in values])
        return differ
    numbers = np.array(values, dtype=np.float64)
    return _between(np.log(numbers) if setting.log and numbers.min() > 0 else numbers)


def _between(values: Array) -> Array:
    found: Array = np.abs(values[:, None] - values[None, :])
    return found


def _ranks(values: Sequence[float]) -> Array:
    """From 0; equals share the mean of theirs."""
    numbers = np.array(values)
    below = (numbers[None, :] < numbers[:, None]).sum(axis=1)
    found: Array = below + ((numbers[None, :] == numbers[:, None]).sum(axis=1) - 1) / 2
    return found


def _centred(distances: Array) -> Array:
    """U-centred (Székely and Rizzo, Annals of Statistics 42, 2014, definition 2)."""
    n = len(distances)
    rows = distances.sum(axis=1)
    centred: Array = distances - rows[:, None] / (n - 2) - rows[None, :] / (n - 2) + rows.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(centred, 0.0)
    return centred


def _correlation(one: Array, other: Array) -> float:
    scale = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / scale if scale > 0 else 0.0
