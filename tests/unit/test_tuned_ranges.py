"""Ranges held against the hyperparameters that the framework's script takes."""

from typing import Any

import pytest

from traindrop.config import TrainingConfig
from traindrop.errors import Rejected
from traindrop.tuned_ranges import TunedRange, costliest, tuned_ranges, with_trials_within


def a_config(ranges: dict[str, Any], **fields: Any) -> TrainingConfig:
    return TrainingConfig.model_validate({**fields, "tuning": {"ranges": ranges}})


def why_rejected(ranges: dict[str, Any], **fields: Any) -> str:
    with pytest.raises(Rejected) as error:
        tuned_ranges(a_config(ranges, **fields), own_script=False)
    return str(error.value)


def test_nothing_is_searched_without_tuning() -> None:
    assert tuned_ranges(TrainingConfig(), own_script=False) == ()


def test_the_script_says_which_are_whole_numbers() -> None:
    found = tuned_ranges(
        a_config({"max_depth": {"min": 2, "max": 8}, "gamma": {"min": 0, "max": 5}, "subsample": [0.5, 0.8]}),
        own_script=False,
    )
    assert found == (
        TunedRange("max_depth", "integer", 2, 8),
        TunedRange("gamma", "number", 0, 5),
        TunedRange("subsample", "categorical", values=(0.5, 0.8)),
    )


def test_a_number_may_be_searched_in_whole_steps() -> None:
    (found,) = tuned_ranges(a_config({"gamma": {"min": 0, "max": 5, "type": "integer"}}), own_script=False)
    assert found.kind == "integer"


def test_of_a_persons_script_the_ends_say_it() -> None:
    ranges = {"a": {"min": 1, "max": 2}, "b": {"min": 1, "max": 2.5}, "c": {"min": 1, "max": 2, "type": "number"}}
    found = tuned_ranges(a_config(ranges), own_script=True)
    assert [each.kind for each in found] == ["integer", "number", "number"]


@pytest.mark.parametrize(
    ("framework", "name", "known"),
    [
        ("xgboost", "depth", "num_round, max_depth, eta"),
        ("builtin-xgboost", "reg_lambda", "lambda, alpha"),
        ("sklearn", "eta", "estimator, refit, n_estimators"),
        ("pytorch", "eta", "epochs, patience, batch_size, lr"),
        ("tensorflow", "eta", "epochs, patience, batch_size, lr"),
    ],
)
def test_a_range_that_the_script_does_not_know_is_told_with_those_that_it_does(
    framework: str, name: str, known: str
) -> None:
    said = why_rejected({name: {"min": 1, "max": 2}}, framework=framework)
    assert f"tuning.ranges.{name}: there is no such hyperparameter. Those of {framework} are: " in said
    assert known in said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"max_depth": {"min": 0, "max": 8}}, "tuning.ranges.max_depth: found 0; it should be greater than or equal"),
        ({"max_depth": {"min": 2, "max": 80}}, "tuning.ranges.max_depth: found 80; it should be less than or equal"),
        ({"max_depth": {"min": 2.5, "max": 8}}, "tuning.ranges.max_depth: found 2.5; it should be a valid integer"),
        ({"max_depth": {"min": 2, "max": 8, "type": "number"}}, "max_depth takes whole numbers only. Leave type out"),
        ({"eta": [0.1, 1.5, 2.5]}, "tuning.ranges.eta: found 1.5; it should be less than or equal to 1"),
        ({"eta": [0.1, 1.5, 2.5]}, "tuning.ranges.eta: found 2.5"),
        ({"eta": ["a", "b"]}, "tuning.ranges.eta: found 'a'; it should be a valid number"),
        ({"refit": [True, False]}, "tuning.ranges.refit: it makes no model better"),
    ],
)
def test_each_end_and_each_value_keeps_the_scripts_own_limits(found: dict[str, Any], said: str) -> None:
    assert said in why_rejected(found)


def test_all_that_is_wrong_is_told_at_once() -> None:
    said = why_rejected({"depth": [1, 2], "eta": {"min": 0.1, "max": 3}})
    assert "tuning.ranges.depth" in said
    assert "tuning.ranges.eta" in said


def test_what_an_estimator_does_not_have_is_not_searched_with_it() -> None:
    said = why_rejected({"max_depth": {"min": 2, "max": 8}}, framework="sklearn", hyperparameters={"estimator": "knn"})
    assert "tuning.ranges.max_depth: the estimator knn has no such hyperparameter" in said


def test_where_the_estimator_is_searched_too_each_has_to_have_the_others() -> None:
    trees = {"estimator": ["random_forest", "extra_trees"], "max_depth": {"min": 2, "max": 8}}
    assert len(tuned_ranges(a_config(trees, framework="sklearn"), own_script=False)) == 2
    said = why_rejected({**trees, "estimator": ["random_forest", "linear"]}, framework="sklearn")
    assert "tuning.ranges.max_depth: the estimator linear has no such hyperparameter" in said


def test_a_default_beside_the_range_is_no_contradiction() -> None:
    config = a_config({"max_depth": {"min": 2, "max": 8}}, hyperparameters={"max_depth": 5})
    assert len(tuned_ranges(config, own_script=False)) == 1


def test_the_costliest_trial_has_the_greatest_of_each_number() -> None:
    config = a_config(
        {"num_round": {"min": 50, "max": 400}, "max_depth": [3, 9, 6], "kernel": ["rbf", "poly"]},
        hyperparameters={"max_depth": 5, "eta": 0.2},
    )
    assert costliest(config) == {"num_round": 400, "max_depth": 9, "eta": 0.2}


def test_a_range_is_shown_as_one_would_say_it() -> None:
    assert TunedRange("a", "number", 0.01, 0.3).shown == "0.01 to 0.3"
    assert TunedRange("a", "categorical", values=("x", "y")).shown == "x, y"


def test_there_are_no_more_trials_than_combinations_where_none_are_asked_for() -> None:
    config = a_config({"max_depth": {"min": 2, "max": 4}, "eta": [0.1, 0.2]})
    lowered = with_trials_within(config, tuned_ranges(config, own_script=False)).tuning
    assert lowered is not None
    assert lowered.trials == 6
    wide = a_config({"max_depth": {"min": 2, "max": 4}, "eta": {"min": 0.1, "max": 0.2}})
    assert with_trials_within(wide, tuned_ranges(wide, own_script=False)) == wide


def test_more_trials_than_combinations_are_rejected_where_somebody_asked_for_them() -> None:
    config = TrainingConfig.model_validate({"tuning": {"max_jobs": 4, "ranges": {"max_depth": {"min": 2, "max": 4}}}})
    with pytest.raises(Rejected, match=r"max_jobs: found 4, and the ranges have 3 combinations\. Set max_jobs: 3"):
        with_trials_within(config, tuned_ranges(config, own_script=False))
