"""The benchmark of the search: that it tunes as the tuner does, and what its tables say. On fits that take no time."""

from collections.abc import Mapping
from typing import Any, cast

import pytest
from benchmarks.tuning_fits import Data, Fits, Fitted
from benchmarks.tuning_search import Found, request_of, search
from benchmarks.tuning_tables import interval, tables

from traindrop.pruning import Limits

DATA = Data("diabetes", "target", "", (), "rmse", "minimize")


class Made:
    """Better the nearer eta is to 0.1, from the first round on."""

    def __init__(self) -> None:
        self.fitted: list[Mapping[str, Any]] = []

    def __call__(self, point: Mapping[str, Any]) -> Fitted:
        self.fitted.append(point)
        worst = abs(float(point.get("eta", 0.1)) - 0.1)
        return Fitted(tuple(worst + 0.001 / round_ for round_ in range(1, 101)), 99)

    def test(self, point: Mapping[str, Any]) -> float:
        return abs(float(point.get("eta", 0.1)) - 0.1)


def tuned(strategy: str, *, early_stopping: bool = False, rule: Any = None) -> Found:
    request = request_of(DATA, 1, strategy, early_stopping=early_stopping)
    fits = cast(Fits, Made())
    return search(DATA, fits, request, 20, rule) if rule else search(DATA, fits, request, 20)


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_every_trial_is_trained_to_its_end_without_early_stopping(strategy: str) -> None:
    found = tuned(strategy)
    assert (found.rounds, found.stopped) == (21 * 100, 0)
    assert found.validation == pytest.approx(0.00001), "the defaults are the best there is"
    assert found.test == found.defaults_test == 0


def test_early_stopping_saves_rounds_and_hyperband_more_of_them() -> None:
    medians, rungs = tuned("Random", early_stopping=True), tuned("Hyperband")
    assert 0 < medians.stopped < rungs.stopped < 20
    assert rungs.rounds < medians.rounds < 21 * 100
    assert medians.validation == rungs.validation == pytest.approx(0.00001)


def test_a_rule_of_its_own_is_asked_for_each_trial() -> None:
    found = tuned("Random", rule=lambda *_: Limits("validation:rmse", "minimize", {2: 0.0}))
    assert (found.stopped, found.rounds) == (20, 100 + 20 * 2)


def test_gains_are_above_zero_where_they_are_better_whichever_way_that_is() -> None:
    random, better = Found(2.0, 3.0, 4.0, 100, 0), Found(1.0, 2.5, 4.0, 50, 7)
    *_, row = tables({"diabetes": {"random": [random, random], "other": [better, better]}}).splitlines()
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:3] == ["other", "1", "2.5"]
    assert [cell.split()[0] for cell in cells[3:6]] == ["+1.0000", "+0.5000", "+1.5000"]
    assert cells[6:] == ["0 of 2", "7.0", "50%"]


def test_an_interval_of_differences_that_scatter_around_nothing_has_nothing_in_it() -> None:
    middle, low, _, high = interval([-0.1, 0.1, -0.2, 0.2]).replace("(", "").replace(")", "").split()
    assert float(middle) == 0
    assert float(low) < 0 < float(high)
