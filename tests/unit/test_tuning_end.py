"""Many trials as if they were one training job."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tuning_answers import AUC, a_tuned_run, at

from traindrop.attempts import another_attempt
from traindrop.events import TuningJob
from traindrop.trial import Trial, TrialStatus
from traindrop.tuning_end import as_one_job
from traindrop.tuning_search import Search

RUN = a_tuned_run()
OVER = Search("Completed", ended_at=at(60), instance_type="ml.m5.large")
NO_CAPACITY = "CapacityError: Unable to provision requested ML compute capacity."


def a_trial(number: int, objective: float | None = None, status: TrialStatus = "completed", **changes: Any) -> Trial:
    """It took 100 seconds from minute 10 × `number` on."""
    times = {"started_at": at(10 * number), "ended_at": at(10 * number) + timedelta(seconds=100)}
    job = f"{RUN.job}-{number:03d}-0000000a" if number else RUN.defaults_job
    return Trial(
        number=number, job=job, status=status, objective=objective, **{"billable_seconds": 90, **times, **changes}
    )


def failed(number: int, reason: str = "AlgorithmError: exit code 1", **changes: Any) -> Trial:
    return a_trial(number, None, "failed", reason=reason, **changes)


DEFAULTS = a_trial(0, 0.8)


def ended(*trials: Trial, search: Search = OVER, **run: Any) -> TuningJob:
    return as_one_job(a_tuned_run(**run), search, trials)


def test_a_tuning_that_went_well_has_a_best_trial_its_times_and_nothing_to_remark() -> None:
    job = ended(DEFAULTS, a_trial(1, 0.85), a_trial(2, 0.9), a_trial(3, 0.7))
    assert (job.training_job_name, job.training_job_status, job.has_ended) == (RUN.job, "Completed", True)
    assert (job.best_trial, job.trials_with_value) == (f"{RUN.job}-002-0000000a", 3)
    assert job.remarks == ()
    assert (job.training_start_time, job.training_end_time) == (at(0), at(60))
    assert (job.billable_time_in_seconds, job.training_time_in_seconds) == (360, 400)
    assert job.resource_config.instance_type == "ml.m5.large"


def test_the_least_value_is_the_best_where_it_is_to_be_minimized() -> None:
    assert ended(DEFAULTS, a_trial(1, 0.85), a_trial(2, 0.9), a_trial(3, 0.7), direction="minimize").best_trial == (
        f"{RUN.job}-003-0000000a"
    )


def test_the_defaults_may_be_the_best() -> None:
    job = ended(DEFAULTS, a_trial(1, 0.1), a_trial(2, 0.2), a_trial(3, 0.8))
    assert job.best_trial == RUN.defaults_job
    assert job.remarks == ()


@pytest.mark.parametrize("search", ["InProgress", "Stopping", "Completed"])
@pytest.mark.parametrize("defaults", ["waiting", "running", "completed"])
def test_it_has_ended_when_search_and_defaults_have_both(search: Any, defaults: TrialStatus) -> None:
    job = ended(a_trial(0, 0.8, defaults), a_trial(1, 0.9), search=Search(search, ended_at=at(60)))
    assert job.has_ended == (search == "Completed" and defaults == "completed")
    if not job.has_ended:
        assert job.training_job_status == ("Stopping" if search == "Stopping" else "InProgress")
        assert (job.training_end_time, job.billable_time_in_seconds, job.best_trial) == (None, None, None)


def test_half_the_trials_failing_is_a_remark_with_the_first_reason() -> None:
    job = ended(DEFAULTS, a_trial(1, 0.9), failed(2, "ClientError: out of memory"), failed(3))
    assert (job.training_job_status, job.trials_with_value) == ("Completed", 1)
    assert job.remarks == ("2 of 3 trials failed; the first of them, trial 2: ClientError: out of memory",)


def test_a_search_that_was_stopped_is_completed_where_a_trial_has_a_model_and_it_is_said_by_whom() -> None:
    search = Search("Stopped", ended_at=at(60))
    trials = (DEFAULTS, a_trial(1, 0.9), a_trial(2, 0.5, "stopped early"), a_trial(3, None, "stopped"))
    job = ended(*trials, search=search, stop_requested_by="anna")
    assert job.training_job_status == "Completed"
    assert job.remarks == ("The tuning was stopped by anna after 2 of 3 trials.",)
    assert ended(*trials, search=search).remarks == ("The tuning was stopped from outside after 2 of 3 trials.",)


def test_a_search_that_failed_keeps_what_its_trials_have() -> None:
    job = ended(DEFAULTS, a_trial(1, 0.9), search=Search("Failed", "InternalServerError: oops", at(60)))
    assert (job.training_job_status, job.best_trial) == ("Completed", f"{RUN.job}-001-0000000a")
    assert job.remarks == ("The tuning ended before its time, after 1 of 3 trials: InternalServerError: oops",)


def test_a_search_that_had_nothing_left_to_try_says_how_far_it_came() -> None:
    assert ended(DEFAULTS, a_trial(1, 0.9)).remarks == ("The tuning ended after 1 of 3 trials.",)


@pytest.mark.parametrize(
    ("defaults", "remark"),
    [
        (
            failed(0, "ResourceLimitExceeded: the quota is 0."),
            "could not be trained (ResourceLimitExceeded: the quota is 0)",
        ),
        (a_trial(0, None, "stopped"), "was stopped"),
        (a_trial(0, None), "logged no validation:auc"),
    ],
)
def test_without_a_value_of_the_defaults_it_is_said_that_there_is_nothing_to_compare_with(
    defaults: Trial, remark: str
) -> None:
    job = ended(defaults, a_trial(1, 0.9), a_trial(2, 0.9), a_trial(3, 0.9))
    assert job.training_job_status == "Completed"
    assert job.remarks == (f"The trial with the defaults {remark}; there is nothing to compare with.",)


def test_where_the_defaults_alone_have_a_value_the_model_is_theirs() -> None:
    job = ended(DEFAULTS, failed(1), failed(2), failed(3))
    assert (job.best_trial, job.trials_with_value) == (RUN.defaults_job, 0)
    assert job.remarks[-1] == f"None of 3 trials ended with a value of {AUC}: the model is the one with the defaults."


def test_all_trials_failing_is_a_failure_with_the_kind_in_front_and_the_first_reason() -> None:
    job = ended(failed(0, "AlgorithmError: of the defaults"), failed(1), failed(2), failed(3))
    assert (job.training_job_status, job.secondary_status, job.best_trial) == ("Failed", "Failed", None)
    assert job.failure_reason == (
        "AlgorithmError: all 4 trials failed; the first of them, trial 1: AlgorithmError: exit code 1"
    )
    assert another_attempt(job, 1) is None


def test_failures_of_different_kinds_have_no_kind_together() -> None:
    job = ended(failed(0), failed(1, NO_CAPACITY), search=Search("Failed", "No training job succeeded", at(60)))
    assert job.failure_reason == f"all 2 trials failed; the first of them, trial 1: {NO_CAPACITY}"


def test_a_tuning_whose_trials_all_lacked_capacity_is_tried_again_as_a_job_would_be() -> None:
    job = ended(*(failed(number, NO_CAPACITY, started_at=None) for number in range(4)))
    again = another_attempt(job, 1)
    assert again is not None
    assert again.after == timedelta(minutes=5)


def test_an_internal_error_of_the_search_itself_is_tried_again() -> None:
    stopped = a_trial(0, None, "stopped")
    job = ended(stopped, search=Search("Failed", "InternalServerError: please try again", at(60)))
    assert another_attempt(job, 1) is not None


def test_an_objective_that_never_appears_is_told_with_what_to_do_and_what_the_tuning_job_said() -> None:
    theirs = "No objective metrics found after running 3 training jobs."
    search = Search("Failed", theirs, at(60))
    job = ended(a_trial(0, None), a_trial(1, None), a_trial(2, None), failed(3), search=search)
    assert job.training_job_status == "Failed"
    reason = job.failure_reason or ""
    assert reason.startswith("The objective never appeared: 3 trials were trained to their end")
    assert AUC in reason
    assert "tuning in training.yaml" in reason
    assert "1 more failed; the first of them, trial 3: AlgorithmError: exit code 1" in reason
    assert reason.endswith(theirs)


def test_a_tuning_that_was_stopped_before_any_value_is_stopped_and_says_how_far_it_had_come() -> None:
    search = Search("Stopped", ended_at=at(60))
    job = ended(
        a_trial(0, None, "stopped"), failed(1), a_trial(2, None, "stopped"), search=search, stop_requested_by="anna"
    )
    assert (job.training_job_status, job.secondary_status) == ("Stopped", "Stopped")
    assert job.failure_reason == (
        "Stopped by anna after 1 of 3 trials; none had ended with a value of validation:auc. 1 failed; the first of "
        "them, trial 1: AlgorithmError: exit code 1"
    )


@pytest.mark.parametrize(
    ("trials", "telling"),
    [
        ((failed(0), a_trial(1, None), failed(2, NO_CAPACITY, started_at=None), failed(3)), RUN.defaults_job),
        ((a_trial(0, None), a_trial(1, None), failed(2), failed(3)), f"{RUN.job}-002-0000000a"),
        ((a_trial(0, None), a_trial(1, None)), RUN.defaults_job),
        ((failed(0, started_at=None), failed(1, started_at=None)), None),
    ],
)
def test_the_log_that_is_shown_is_of_a_trial_that_failed_once_it_had_begun(
    trials: tuple[Trial, ...], telling: str | None
) -> None:
    assert ended(*trials).telling_trial == telling


def test_what_never_began_to_train_costs_nothing() -> None:
    never = {"started_at": None, "ended_at": None, "billable_seconds": None}
    job = ended(*(failed(number, NO_CAPACITY, **never) for number in range(3)))
    assert (job.training_start_time, job.training_end_time, job.billable_time_in_seconds) == (None, at(60), 0)


@given(
    st.lists(st.tuples(st.sampled_from(["completed", "stopped early", "stopped", "failed"]),
                       st.none() | st.floats(0, 1)), min_size=1, max_size=6),
    st.sampled_from(["Completed", "Failed", "Stopped"]),
)  # fmt: skip
def test_however_trials_end_the_whole_does_and_has_a_model_or_says_why_it_has_none(trials: Any, status: Any) -> None:
    made = [a_trial(number, value, ended_as) for number, (ended_as, value) in enumerate(trials)]
    job = ended(*made, search=Search(status, ended_at=at(60)))
    assert job.has_ended
    assert (
        (job.training_job_status == "Completed") == any(trial.counts for trial in made) == (job.best_trial is not None)
    )
    assert (job.best_trial is None) == bool(job.failure_reason)
