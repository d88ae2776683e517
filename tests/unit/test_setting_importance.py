"""How much each setting matters: found where it does, and nothing said where nobody can tell."""

import random
from statistics import fmean

import pytest
from tests.unit.tuning_requests import DEPTH, ETA, REFIT, a_trial, tuning_request

from traindrop.search_space import settings_of
from traindrop.setting_importance import LEAST_TRIALS, importance_of
from traindrop.suggesting import suggest
from traindrop.trial import Trial

REQUEST = tuning_request(integers=(DEPTH,), numbers=(ETA,), choices=(REFIT,))
SETTINGS = settings_of(REQUEST)


def trials(objective: str, count: int = 20, seed: int = 0) -> list[Trial]:
    """Points at random, and an objective of the one setting with some noise."""
    noise = random.Random(seed)  # noqa: S311 - of a test
    found = []
    for number in range(1, count + 1):
        point = suggest({**REQUEST, "HyperParameterTuningJobName": f"seed {seed}"}, (), number) or {}
        value = {
            "slope": float(point["max_depth"]),
            "middle": -abs(float(point["max_depth"]) - 5) * 2,
            "choice": 4.0 * (point["refit"] == "auto"),
            "nothing": 0.0,
        }[objective]
        found.append(a_trial(number, value + noise.gauss(0, 1), hyperparameters=point))
    return found


@pytest.mark.parametrize(("objective", "name"), [("slope", "max_depth"), ("middle", "max_depth"), ("choice", "refit")])
def test_what_decides_comes_first(objective: str, name: str) -> None:
    firsts = [next(iter(importance_of(SETTINGS, trials(objective, seed=seed))), None) for seed in range(20)]
    assert firsts.count(name) >= 17


def test_shares_add_up_to_one_and_come_in_order() -> None:
    found = importance_of(SETTINGS, trials("slope"))
    assert sum(found.values()) == pytest.approx(1)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert set(found) == {"max_depth", "eta", "refit"}


def test_where_nothing_matters_no_setting_is_named_above_the_others() -> None:
    firsts = [importance_of(SETTINGS, trials("nothing", seed=seed)) for seed in range(40)]
    shares = [fmean(found.get(setting.name, 0.0) for found in firsts) for setting in SETTINGS]
    assert max(shares) < 0.6


def test_of_too_few_trials_or_of_values_that_are_all_alike_nothing_is_said() -> None:
    few = trials("slope", LEAST_TRIALS - 1)
    assert importance_of(SETTINGS, few) == {}
    failed = [a_trial(99, status="failed", hyperparameters=few[0].hyperparameters)]
    assert importance_of(SETTINGS, [*few, *failed]) == {}
    alike = [trial.model_copy(update={"objective": 0.5}) for trial in trials("slope")]
    assert importance_of(SETTINGS, alike) == {}
    assert importance_of((), trials("slope")) == {}
