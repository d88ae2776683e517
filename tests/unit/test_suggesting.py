"""What the next trial is, by each strategy: repeatable, within the ranges, and nothing twice."""

import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.unit.tuning_requests import DEPTH, ETA, a_trial, tuning_request

from traindrop.grid import size_of
from traindrop.search_space import settings_of
from traindrop.suggesting import suggest
from traindrop.tree_parzen import LEAST_TRIALS, likely
from traindrop.trial import Trial
from traindrop.tuning_config import RangeValue

ROOT = Path(__file__).parents[2]
STRATEGIES = ["Random", "Bayesian", "Hyperband"]
TWO = {"Name": "a", "Values": ['"x"', '"y"']}
THREE = {"Name": "b", "Values": ["1", "2", "3"]}


def searched(request: dict[str, Any], trials: int, before: tuple[Trial, ...] = ()) -> list[Trial]:
    """One after the other; best where eta is 0.1 and the depth 4."""
    found = list(before)
    for number in range(1, trials + 1):
        point = suggest(request, found, number)
        assert point is not None
        found.append(a_trial(number, quality(point), hyperparameters=point))
    return found


def quality(point: dict[str, RangeValue]) -> float:
    return -abs(float(point["eta"]) - 0.1) * 10 - abs(float(point["max_depth"]) - 4)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_question_has_the_same_answer_and_another_seed_another(strategy: str) -> None:
    one = searched(tuning_request(strategy, RandomSeed=1), 12)
    assert searched(tuning_request(strategy, RandomSeed=1), 12) == one
    assert searched(tuning_request(strategy, RandomSeed=2), 12) != one
    unnamed = tuning_request(strategy)
    assert searched(unnamed, 12) == searched(unnamed, 12)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_that_is_suggested_lies_within_the_ranges(strategy: str) -> None:
    request = tuning_request(strategy)
    settings = settings_of(request)
    for trial in searched(request, 20):
        assert list(trial.hyperparameters) == ["max_depth", "eta", "refit"]
        assert all(setting.holds(trial.hyperparameters[setting.name]) for setting in settings)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nothing_is_tried_twice_until_all_was_tried(strategy: str) -> None:
    request = tuning_request(strategy, integers=(), numbers=(), choices=(TWO, THREE))
    found: list[Trial] = [a_trial(0, 0.5, hyperparameters={"a": "x", "b": 1})]
    for number in range(1, 6):
        found.append(a_trial(number, 0.1 * number, hyperparameters=suggest(request, found, number)))
    points = {tuple(trial.hyperparameters.items()) for trial in found}
    assert len(points) == 6
    assert suggest(request, found, 6) is not None, "where nothing is left it goes on"


@hypothesis_settings(deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_a_grid_has_every_point_once_and_then_no_more(sizes: list[int]) -> None:
    choices = tuple(
        {"Name": f"s{place}", "Values": [str(each) for each in range(size)]} for place, size in enumerate(sizes)
    )
    request = tuning_request("Grid", integers=(), numbers=(), choices=choices)
    points = []
    for number in count(1):
        point = suggest(request, (), number)
        if point is None:
            break
        points.append(tuple(point.items()))
    assert len(points) == len(set(points)) == size_of(settings_of(request))


def test_a_grid_that_ends_early_has_seen_each_choice() -> None:
    request = tuning_request("Grid", integers=(), numbers=(), choices=(TWO, THREE, {"Name": "c", "Values": ["0", "1"]}))
    points = [suggest(request, (), number) or {} for number in range(1, 7)]
    assert {point["a"] for point in points} == {"x", "y"}
    assert {point["b"] for point in points} == {1, 2, 3}
    assert {point["c"] for point in points} == {0, 1}


def test_a_grid_of_a_range_is_refused_as_the_service_refuses_it() -> None:
    with pytest.raises(ValueError, match="max_depth is a range"):
        suggest(tuning_request("Grid"), (), 1)


def test_whole_numbers_come_at_both_ends_as_often_as_between() -> None:
    request = tuning_request(integers=(DEPTH,), numbers=(ETA,), choices=())
    found = [suggest(request, (), number) or {} for number in range(1, 701)]
    counts = [sum(point["max_depth"] == depth for point in found) for depth in range(2, 9)]
    assert min(counts) > 60  # 100 expected, a standard deviation of 9
    assert 300 < sum(float(point["eta"]) < 0.0548 for point in found) < 400, "half lie below the geometric mean"


def test_bayesian_search_comes_nearer_than_chance() -> None:
    gains = []
    for seed in range(6):
        by_chance = searched(tuning_request("Random", RandomSeed=seed), 25)
        learned = searched(tuning_request("Bayesian", RandomSeed=seed), 25)
        late = [max(trial.objective or 0 for trial in trials[-10:]) for trials in (learned, by_chance)]
        gains.append(late[0] - late[1])
    assert sum(gains) > 0


def test_what_runs_failed_or_was_stopped_counts_each_as_what_it_is() -> None:
    request = tuning_request("Bayesian", RandomSeed=3)
    ended = searched(request, 12)
    running = [a_trial(13, status="running", hyperparameters=ended[3].hyperparameters)]
    failed = [a_trial(13, status="failed", hyperparameters=ended[3].hyperparameters)]
    nothing = suggest(request, ended, 14)
    assert suggest(request, [*ended, *failed], 14) == nothing, "a failure says nothing of the objective"
    assert suggest(request, [*ended, *running], 14) is not None
    early = [trial.model_copy(update={"status": "stopped early", "curve": {1: -9.0, 8: -5.0}}) for trial in ended[6:]]
    assert suggest(request, [*ended[:6], *early], 14) not in (None, nothing)


def test_the_defaults_count_only_where_the_search_could_have_come_to_them() -> None:
    request = tuning_request("Bayesian", RandomSeed=3)
    settings = settings_of(request)
    known = searched(request, LEAST_TRIALS - 1)
    assert likely(settings, known, "maximize", "s") is None
    within = a_trial(0, 0.0, hyperparameters={"max_depth": 5, "eta": 0.1, "refit": "auto"})
    beyond = a_trial(0, 0.0, hyperparameters={"max_depth": 5, "eta": 0.9, "refit": "auto"})
    assert likely(settings, [within, *known], "maximize", "s") is not None
    assert likely(settings, [beyond, *known], "maximize", "s") is None


@hypothesis_settings(max_examples=10, deadline=None)
@given(st.sampled_from(["minimize", "maximize"]), st.integers(1, 3))
def test_settings_of_one_value_alone_are_no_trouble(direction: Any, depth: int) -> None:
    only = {"Name": "max_depth", "MinValue": str(depth), "MaxValue": str(depth), "ScalingType": "Linear"}
    settings = settings_of(tuning_request(integers=(only,), numbers=(ETA,), choices=({"Name": "c", "Values": ["1"]},)))
    trials = [
        a_trial(n, n / 7, hyperparameters={"max_depth": depth, "eta": 0.02 * (n + 1), "c": 1})
        for n in range(LEAST_TRIALS)
    ]
    found = likely(settings, trials, direction, "s")
    assert found is not None
    assert (found["max_depth"], found["c"]) == (depth, 1)


_WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ImportError(name + " is not in the layer")
sys.meta_path.insert(0, Absent())
from tests.unit.tuning_requests import a_trial, tuning_request
from traindrop.search_space import settings_of
from traindrop.suggesting import suggest
assert "optuna" not in sys.modules and "numpy" not in sys.modules
request, trials = tuning_request("Bayesian"), []
for number in range(1, 13):
    point = suggest(request, trials, number)
    trials.append(a_trial(number, float(point["eta"]), hyperparameters=point))
assert "optuna" in sys.modules
from traindrop.setting_importance import importance_of
assert next(iter(importance_of(settings_of(request), trials))) == "eta"
"""


def test_the_search_needs_no_more_than_its_layer_has() -> None:
    """layers/tuning leaves out what optuna names and does not need, and Lambda has no pandas."""
    absent = {"sqlalchemy", "alembic", "scipy", "sklearn", "pandas", "torch", "matplotlib", "plotly"}
    paths = os.pathsep.join([str(ROOT), str(ROOT / "layers/core")])
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-W", "error", "-c", _WITHOUT.replace("{absent}", repr(absent))],
        env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "nothing of optuna's own goes to the log"
