"""Which trials may go on: by the median of others, or by Hyperband's rungs; and their curves, thinned."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.tuning_requests import a_trial, tuning_request

from traindrop.median_rule import FIRST_ROUND, LEAST_TRIALS
from traindrop.objective_curve import ObjectiveCurve
from traindrop.pruning import Limits, limits_for, limits_from
from traindrop.rungs import cuts
from traindrop.thinned_curve import MAX_POINTS, mean_until, thinned, value_at
from traindrop.trial import Trial
from traindrop.tuning_config import Direction

AUTO = tuning_request(TrainingJobEarlyStoppingType="Auto")
DEFINITIONS = [{"Name": "validation:auc", "Regex": r"validation-auc:([0-9.e-]+)"}]
curves = st.dictionaries(st.integers(1, 300), st.floats(-1e6, 1e6), min_size=1)


def level(number: int, value: float, rounds: int = 32, **fields: object) -> Trial:
    """A trial whose objective was the same in each round."""
    curve = thinned(dict.fromkeys(range(1, rounds + 1), value))
    return a_trial(number, value, curve=curve, **fields)


def test_a_trial_has_to_be_as_good_as_the_median_of_those_before_it() -> None:
    trials = [level(number, 0.5 + number / 100) for number in range(LEAST_TRIALS)]
    found = limits_for(AUTO, trials, LEAST_TRIALS)
    assert list(found.by_round) == [FIRST_ROUND, 2 * FIRST_ROUND, 4 * FIRST_ROUND]
    middle = 0.5 + (LEAST_TRIALS // 2) / 100
    assert list(found.by_round.values()) == pytest.approx([middle] * 3)
    assert found.is_missed(FIRST_ROUND, middle - 0.001)
    assert not found.is_missed(FIRST_ROUND, middle + 1e-9)
    assert not found.is_missed(FIRST_ROUND + 1, 0.0), "between the rounds that are looked at nothing is asked"


def test_it_is_held_against_running_averages_not_against_where_the_others_stood() -> None:
    rising = {round_: round_ / 100 for round_ in range(1, 65)}
    trials = [a_trial(number, 0.64, curve=thinned(rising)) for number in range(LEAST_TRIALS)]
    assert limits_for(AUTO, trials, 9).by_round[16] == pytest.approx(sum(range(1, 17)) / 16 / 100)


def test_smaller_is_better_where_the_objective_is_minimized() -> None:
    request = tuning_request(
        TrainingJobEarlyStoppingType="Auto",
        HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "validation:rmse"},
    )
    found = limits_for(request, [level(number, 5.0) for number in range(LEAST_TRIALS)], 9)
    assert (found.metric, found.direction) == ("validation:rmse", "minimize")
    assert found.is_missed(FIRST_ROUND, 5.1)
    assert not found.is_missed(FIRST_ROUND, 4.9)


def test_nothing_is_asked_of_the_defaults_of_the_first_ones_or_without_early_stopping() -> None:
    trials = [level(number, 0.5) for number in range(LEAST_TRIALS)]
    assert limits_for(AUTO, trials, 0).by_round == {}
    assert limits_for(AUTO, trials[1:], 9).by_round == {}
    assert limits_for(tuning_request(TrainingJobEarlyStoppingType="Off"), trials, 9).by_round == {}
    assert limits_for(tuning_request(), trials, 9).metric == "validation:auc", "the curve is kept all the same"


def test_trials_that_failed_were_stopped_or_still_run_are_no_measure() -> None:
    good = [level(number, 0.5) for number in range(LEAST_TRIALS - 1)]
    for status in ("failed", "stopped", "running"):
        assert limits_for(AUTO, [*good, level(9, 0.5, status=status)], 10).by_round == {}
    assert limits_for(AUTO, [*good, level(9, 0.5, status="stopped early")], 10).by_round


def test_a_script_without_rounds_is_never_stopped() -> None:
    trials = [level(number, 0.5, rounds=1) for number in range(20)]
    assert limits_for(AUTO, trials, 20).by_round == {}


def hyperband(trials: list[Trial], number: int) -> dict[int, float]:
    resources = {"HyperbandStrategyConfig": {"MinResource": 4, "MaxResource": 100}}
    return dict(limits_for(tuning_request("Hyperband", StrategyConfig=resources), trials, number).by_round)


def test_of_those_that_came_to_a_rung_the_best_third_goes_on() -> None:
    trials = [level(number, number / 10, rounds=100) for number in range(8)]
    found = hyperband(trials, 10)
    assert list(found) == [4, 12, 36]
    # With itself there are nine: it has to be as good as the third of the others.
    assert list(found.values()) == pytest.approx([0.5] * 3)


def test_every_third_trial_begins_with_a_later_rung_and_every_ninth_with_a_later_one_still() -> None:
    trials = [level(number, number / 10, rounds=100) for number in range(8)]
    rungs = [list(hyperband(trials, number)) for number in (1, 2, 3, 9, 27)]
    assert rungs == [[4, 12, 36], [4, 12, 36], [12, 36], [36], []]


def test_those_that_were_cut_count_at_the_rungs_that_they_came_to() -> None:
    trials = [level(number, 0.9, rounds=4, status="stopped early") for number in range(8)]
    assert hyperband([level(9, 0.1, rounds=100), *trials], 10) == {4: 0.9}
    assert hyperband([], 1) == {}


def test_without_resources_there_are_three_rungs_below_the_longest_trial() -> None:
    trials = [level(number, 0.5, rounds=270) for number in range(4)]
    assert list(limits_for(tuning_request("Hyperband"), trials, 5).by_round) == [10, 30, 90]


@settings(deadline=None)
@given(st.lists(curves, max_size=8), st.sampled_from(["minimize", "maximize"]), st.integers(1, 40))
def test_the_best_trial_so_far_would_reach_every_cut(
    found: list[dict[int, float]], direction: Direction, number: int
) -> None:
    for round_, cut in cuts(found, direction, number).items():
        values = [value for curve in found if (value := value_at(curve, round_)) is not None]
        best = max(values) if direction == "maximize" else min(values)
        assert not Limits("m", direction, {round_: cut}).is_missed(round_, best)


@settings(deadline=None)
@given(curves)
def test_of_a_curve_few_points_are_kept_the_last_among_them(curve: dict[int, float]) -> None:
    found = thinned(curve)
    assert len(found) <= MAX_POINTS
    assert found[max(curve)] == curve[max(curve)]
    assert found.items() <= curve.items()


@settings(deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=130), st.data())
def test_the_mean_of_the_first_rounds_is_exact_where_every_round_is_known(
    values: list[float], data: st.DataObject
) -> None:
    curve = dict(enumerate(values, 1))
    round_ = data.draw(st.integers(1, len(values)))
    assert mean_until(curve, round_) == pytest.approx(sum(values[:round_]) / round_, abs=1e-6)
    assert mean_until(curve, len(values) + 1) is None


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 10**6), st.floats(allow_nan=False, allow_infinity=False)))
def test_limits_come_back_from_their_record(by_round: dict[int, float]) -> None:
    limits = Limits("validation:auc", "maximize", by_round)
    assert limits_from(json.loads(json.dumps(limits.as_record()))) == limits


def heard(lines: list[str], limits: Limits) -> ObjectiveCurve:
    curve = ObjectiveCurve(DEFINITIONS, limits)
    for line in lines:
        curve.read(line)
    return curve


def test_rounds_are_those_that_the_log_numbers_else_they_are_counted() -> None:
    limits = Limits("validation:auc", "maximize", {3: 0.5})
    numbered = [f"[{number}]\ttrain-auc:1\tvalidation-auc:0.{number}" for number in range(4)]
    assert heard([*numbered, "a word", numbered[1]], limits).thinned() == {1: 0.0, 2: 0.1, 4: 0.3}
    assert heard(numbered, limits).is_missed
    counted = [f"epoch, validation-auc:0.{number}" for number in (7, 8, 9)]
    assert heard(counted, limits).thinned() == {1: 0.7, 2: 0.8, 3: 0.9}
    assert not heard(counted, limits).is_missed


def test_a_value_that_is_no_number_is_no_round_and_an_objective_that_never_appears_has_no_curve() -> None:
    limits = Limits("validation:auc", "maximize", {1: 0.5})
    assert heard(["validation-auc:e", "train-auc:0.1", "[0]\tvalidation-auc:1e999"], limits).thinned() == {}
    assert ObjectiveCurve(DEFINITIONS, None).thinned() == {}
    assert heard(["validation-auc:0.1"], Limits("validation:f1", "maximize", {1: 0.5})).thinned() == {}
