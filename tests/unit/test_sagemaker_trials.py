"""Tuning jobs and their training jobs, as SageMaker tells of them, as search and trials."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tuning_answers import a_tuned_run, at, child, defaults_job, described

from traindrop.sagemaker_trials import search_of, trial_of_defaults, trials_of_children
from traindrop.trial import Trial

RUN = a_tuned_run()


def only(one: dict[str, Any], tuning: dict[str, Any] | None = None) -> Trial:
    (found,) = trials_of_children(tuning or described(), [one], {})
    return found


def test_a_trial_has_its_number_its_settings_as_values_its_objective_and_its_times() -> None:
    trial = only(child(3, 0.91))
    assert (trial.number, trial.job) == (3, f"{RUN.job}-003-00000003")
    assert trial.hyperparameters == {"max_depth": 5, "eta": 0.1, "booster": "gbtree"}
    assert (trial.status, trial.objective, trial.reason) == ("completed", 0.91, None)
    assert (trial.started_at, trial.ended_at) == (at(30), at(30) + timedelta(seconds=100))
    assert trial.billable_seconds == 100


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("0.25", 0.25), ("1e-3", 0.001), ('"dart"', "dart"), ("dart", "dart"), ("true", True), ("NaN", "NaN"),
     ("[1]", "[1]"), ("null", "null"), ("", "")],
)  # fmt: skip
def test_settings_are_read_as_the_request_has_them_whatever_is_in_them(text: str, value: object) -> None:
    found = only(child(1, 0.9, TunedHyperParameters={"setting": text})).hyperparameters["setting"]
    assert (found, type(found)) == (value, type(value))


@given(st.lists(st.integers(1, 30), unique=True, max_size=8))
def test_trials_come_by_number_in_whatever_order_they_are_listed(numbers: list[int]) -> None:
    found = trials_of_children(described(), [child(number, 0.5) for number in numbers], {})
    assert [trial.number for trial in found] == sorted(numbers)


@pytest.mark.parametrize("names", [["one", "two"], [f"{RUN.job}-001-0000000a", f"{RUN.job}-001-0000000b"]])
def test_where_names_do_not_tell_them_apart_trials_are_numbered_as_they_were_created(names: list[str]) -> None:
    later, first = (child(number, 0.5, TrainingJobName=name) for number, name in zip((2, 1), names, strict=True))
    found = trials_of_children(described(), [later, first], {})
    assert [(trial.number, trial.job) for trial in found] == [(1, names[1]), (2, names[0])]


@pytest.mark.parametrize(
    ("status", "known_as"),
    [("InProgress", "running"), ("Stopping", "running"), ("Completed", "completed"), ("Failed", "failed"),
     ("Stopped", "stopped early")],
)  # fmt: skip
def test_the_status_of_a_trial(status: str, known_as: str) -> None:
    assert only(child(1, 0.5, status)).status == known_as


def test_a_trial_that_was_stopped_early_keeps_its_value_and_does_not_count() -> None:
    trial = only(child(1, 0.5, "Stopped"))
    assert (trial.objective, trial.counts) == (0.5, False)


@pytest.mark.parametrize("config", [{"TrainingJobEarlyStoppingType": "Off"}, {"TrainingJobEarlyStoppingType": None}])
def test_without_early_stopping_a_stopped_trial_was_stopped_from_outside(config: dict[str, Any]) -> None:
    assert only(child(1, 0.5, "Stopped"), described(config=config)).status == "stopped"


def test_hyperband_stops_trials_early_by_itself() -> None:
    config = {"Strategy": "Hyperband", "TrainingJobEarlyStoppingType": "Off"}
    assert only(child(1, 0.5, "Stopped"), described(config=config)).status == "stopped early"


def test_a_trial_that_ran_for_its_maximum_run_time_is_not_called_stopped_early() -> None:
    trial = only(child(1, 0.5, "Stopped", TrainingEndTime=at(10 + 60)))
    assert trial.status == "stopped"
    assert "maximum run time" in (trial.reason or "")


def test_of_a_tuning_that_was_stopped_the_last_trials_were_stopped_with_it_and_earlier_ones_early() -> None:
    children = [child(1, 0.5, "Stopped"), child(2, 0.5, "Stopped"), child(3, None, "Stopped", TrainingEndTime=None)]
    found = trials_of_children(described("Stopped"), children, {})
    assert [trial.status for trial in found] == ["stopped early", "stopped early", "stopped"]
    together = [child(1, 0.5, "Stopped"), child(2, 0.5, "Stopped")]
    for each in together:
        each["CreationTime"] = at(0)
    assert [trial.status for trial in trials_of_children(described("Stopped"), together, {})] == ["stopped"] * 2


def test_why_a_trial_has_no_value_is_said() -> None:
    assert only(child(1, None, "Failed", FailureReason="AlgorithmError: exit code 1")).reason == (
        "AlgorithmError: exit code 1"
    )
    assert only(child(1, None)).reason == "It logged no validation:auc."
    assert only(child(1, float("nan"))).objective is None


def test_with_spot_capacity_the_seconds_that_were_billed_are_taken_where_they_are_known() -> None:
    found = trials_of_children(described(), [child(1, 0.5), child(2, 0.5)], {child(1)["TrainingJobName"]: 40})
    assert [trial.billable_seconds for trial in found] == [40, 100]


def test_the_trial_with_the_defaults_has_what_the_request_says_of_the_tuned_settings_alone() -> None:
    trial = trial_of_defaults(RUN, described(), defaults_job(0.83))
    assert (trial.number, trial.job) == (0, f"{RUN.job}-defaults")
    assert trial.hyperparameters == {"max_depth": 6}
    assert (trial.status, trial.objective, trial.billable_seconds) == ("completed", 0.83, 60)


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({}, "waiting", None),
        ({"defaults_refused": {RUN.defaults_job: "the quota is 0"}}, "failed", "the quota is 0"),
        ({"defaults_refused": {f"{RUN.job}-r2-defaults": "of another attempt"}}, "waiting", None),
        ({"stop_requested_by": "anna"}, "stopped", None),
    ],
)
def test_where_there_is_no_job_with_the_defaults_it_is_known_whether_there_will_be_one(
    changes: dict[str, Any], status: str, reason: str | None
) -> None:
    trial = trial_of_defaults(a_tuned_run(**changes), described(), None)
    assert (trial.status, trial.reason) == (status, reason)


def test_a_job_with_the_defaults_that_ran_too_long_was_stopped_by_its_limit() -> None:
    trial = trial_of_defaults(RUN, described(), defaults_job(0.8, "Stopped", SecondaryStatus="MaxRuntimeExceeded"))
    assert trial.status == "stopped"
    assert "max_runtime" in (trial.reason or "")


@pytest.mark.parametrize(
    ("status", "known_as", "has_ended"),
    [("InProgress", "InProgress", False), ("Stopping", "Stopping", False), ("Completed", "Completed", True),
     ("Failed", "Failed", True), ("Stopped", "Stopped", True), ("Deleting", "Stopped", True),
     ("DeleteFailed", "Stopped", True)],
)  # fmt: skip
def test_the_status_of_the_search(status: str, known_as: str, has_ended: bool) -> None:
    search = search_of(described(status, FailureReason="why" if status == "Failed" else ""))
    assert (search.status, search.has_ended) == (known_as, has_ended)
    assert search.reason == ("why" if status == "Failed" else None)
