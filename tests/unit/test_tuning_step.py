"""What the tuner decides on, without an AWS: which trials are begun, what counts, when it is over and how it ended."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.builders import a_tuning

from traindrop.job_state import Scope, moved, new_job
from traindrop.lambda_jobs import LambdaJob
from traindrop.lambda_limits import LIMIT_EXCEEDED
from traindrop.thinned_curve import MAX_POINTS
from traindrop.trial import tuning_of
from traindrop.tuning_outcome import outcome_of
from traindrop.tuning_rules import MAX_JOBS_IN_LAMBDA
from traindrop.tuning_state import TuningState, as_training_job, event_detail
from traindrop.tuning_step import next_step, request_of

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
AUC = "validation:auc"
BROKEN = "AlgorithmError: no such flag, exit code: 1"
SCOPE = Scope("123456789012", "us-east-1")


def by_number(_request: Any, _trials: Any, number: int) -> dict[str, Any]:
    return {"eta": number / 100}


def step(tuning: TuningState, jobs: Mapping[str, LambdaJob] | None = None, **how: Any) -> TuningState:
    return next_step(tuning, jobs or {}, AT, how.get("suggest", by_number))


def job_of(
    tuning: TuningState, number: int, status: str = "Completed", *,
    reason: str | None = None, early: bool = False, told: Mapping[str, float] | None = None,
) -> dict[str, LambdaJob]:  # fmt: skip
    """The job of a trial that has ended; `told`: the last values of its metrics."""
    trial = tuning.trials[number]
    job = moved(new_job(SCOPE, request_of(tuning, trial), 1000.0), "Downloading", 1001.0)
    job = moved(job, status, 1010.0 + number, failure_reason=reason)
    metrics = tuple({"MetricName": name, "Value": value, "Timestamp": 1.0} for name, value in (told or {}).items())
    return {trial.job: LambdaJob(replace(job, metrics=metrics), stopped_early=early)}


def completed(tuning: TuningState, number: int, auc: float) -> dict[str, LambdaJob]:
    return job_of(tuning, number, told={AUC: auc})


def failed(tuning: TuningState, number: int, reason: str = BROKEN) -> dict[str, LambdaJob]:
    return job_of(tuning, number, "Failed", reason=reason)


def ended(tuning: TuningState, end: Callable[[TuningState, int], Mapping[str, LambdaJob]]) -> TuningState:
    """The tuning at its end, where each trial ends as `end` says, one after the other."""
    for _ in range(300):
        if tuning.is_over:
            return tuning
        stands = step(tuning)
        tuning = step(stands, end(stands, stands.open[0].number)) if stands.open else stands
    raise AssertionError("it came to no end")


def numbers(tuning: TuningState) -> list[int]:
    return [trial.number for trial in tuning.trials]


def test_the_defaults_are_the_first_of_as_many_as_may_run_at_once() -> None:
    begun = step(a_tuning(max_jobs=6, max_parallel=3))
    assert numbers(begun) == [0, 1, 2]
    defaults, first, second = begun.trials
    assert (defaults.job, defaults.hyperparameters) == ("traindrop-flowers-0123456789ab-defaults", {"eta": 0.3})
    assert (first.hyperparameters, second.hyperparameters) == ({"eta": 0.01}, {"eta": 0.02})
    assert {tuning_of(trial.job) for trial in begun.trials} == {begun.name}


def test_the_requests_of_trials_have_their_names_their_settings_and_the_tag_that_keeps_them_from_other_rules() -> None:
    begun = step(a_tuning())
    for trial in begun.trials[:2]:
        request = request_of(begun, trial)
        assert request["TrainingJobName"] == trial.job
        assert request["HyperParameters"]["eta"] == str(trial.hyperparameters["eta"])
        assert {"Key": "traindrop:trial", "Value": "true"} in request["Tags"]
        assert {"Key": "traindrop:stack", "Value": "traindrop"} in request["Tags"]


def test_a_step_after_which_nothing_is_new_changes_nothing() -> None:
    begun = step(a_tuning())
    assert step(begun) is begun
    running = moved(new_job(SCOPE, request_of(begun, begun.trials[1]), 1000.0), "Training", 1001.0)
    assert step(begun, {begun.trials[1].job: LambdaJob(running)}) is begun


def test_for_each_that_ends_the_next_one_is_begun_which_knows_of_all_before() -> None:
    seen: list[int] = []

    def suggest(_request: Any, trials: Any, number: int) -> dict[str, Any]:
        seen.append(sum(trial.counts for trial in trials))
        return {"eta": number / 100}

    begun = step(a_tuning(max_jobs=6, max_parallel=3), suggest=suggest)
    after = step(begun, completed(begun, 1, 0.8) | completed(begun, 2, 0.7), suggest=suggest)
    assert numbers(after) == [0, 1, 2, 3, 4]
    assert [trial.status for trial in after.trials] == ["waiting", "completed", "completed", "waiting", "waiting"]
    assert after.trials[1].objective == 0.8
    assert seen == [0, 0, 2, 2]


def test_it_is_over_when_all_have_ended_and_the_best_one_of_them_is_the_runs() -> None:
    over = ended(a_tuning(max_jobs=6, max_parallel=3), lambda stands, n: completed(stands, n, 0.5 + n % 5 / 10))
    assert (over.status, numbers(over)) == ("Completed", [0, 1, 2, 3, 4, 5, 6])
    job = as_training_job(over, [{"MetricName": AUC, "Value": 0.9}])
    assert job.best_trial == over.trials[4].job
    assert (job.has_ended, job.trials_with_value, job.remarks, job.failure_reason) == (True, 6, (), None)
    assert job.billable_time_in_seconds == sum(9 + n for n in range(7))
    assert (job.training_start_time, job.training_end_time) == (
        datetime.fromtimestamp(1001, UTC), datetime.fromtimestamp(1016, UTC),
    )  # fmt: skip
    assert job.resource_config.instance_type == "ml.m5.large"


def test_the_defaults_may_be_the_best_and_of_equals_the_first_is() -> None:
    over = ended(a_tuning(), lambda stands, n: completed(stands, n, 0.9))
    assert as_training_job(over, ()).best_trial == over.trials[0].job


def test_where_less_is_better_the_least_is_the_best() -> None:
    over = ended(a_tuning(direction="Minimize"), lambda stands, n: completed(stands, n, 1 / (n + 1)))
    assert as_training_job(over, ()).best_trial == over.trials[-1].job


def test_a_grid_that_is_used_up_ends_it_and_is_told() -> None:
    def grid(_request: Any, _trials: Any, number: int) -> dict[str, Any] | None:
        return {"eta": number / 100} if number < 3 else None

    begun = step(a_tuning(max_jobs=6, max_parallel=2), suggest=grid)
    middle = step(begun, completed(begun, 0, 0.5) | completed(begun, 1, 0.6), suggest=grid)
    assert (numbers(middle), middle.used_up) == ([0, 1, 2], True)
    over = step(middle, completed(middle, 2, 0.7), suggest=grid)
    assert over.status == "Completed"
    assert as_training_job(over, ()).remarks == ("After 2 trials of 6 there was nothing left to try.",)


def test_a_trial_whose_log_never_has_the_objective_failed_and_the_reason_names_what_it_had() -> None:
    begun = step(a_tuning())
    after = step(begun, job_of(begun, 1, told={"train:rmse": 0.1, "validation:rmse": 0.2}))
    assert (after.trials[1].status, after.trials[1].reason) == (
        "failed",
        "The objective 'validation:auc' never appeared in its log, which has train:rmse, validation:rmse.",
    )
    nothing = step(begun, job_of(begun, 1))
    assert (nothing.trials[1].reason or "").endswith("which has none of its metrics.")
    endless = step(begun, completed(begun, 1, float("nan")))
    assert endless.trials[1].status == "failed"
    assert "no number that could be compared" in (endless.trials[1].reason or "")


def test_where_the_first_ones_all_fail_no_money_is_spent_on_the_others() -> None:
    over = ended(a_tuning(max_jobs=20, max_parallel=4), failed)
    assert (over.status, len(over.trials)) == ("Failed", 5)
    job = as_training_job(over, ())
    assert (job.failure_reason or "").splitlines() == [
        "AlgorithmError: no such flag, exit code: 1",
        "That is of trial 0. None of 5 trials was done. The other 16 were not begun.",
    ]


def test_one_that_is_done_late_lets_the_search_go_on() -> None:
    stands = step(a_tuning(max_jobs=20, max_parallel=2))
    for _ in range(2):
        last = stands.open[-1].number
        stands = step(stands, failed(stands, last))
    assert [trial.number for trial in stands.open] == [0]
    assert step(stands) is stands
    after = step(stands, completed(stands, 0, 0.8))
    assert len(after.open) == 2
    assert not after.is_over


def test_half_failing_it_goes_on_and_says_so() -> None:
    over = ended(a_tuning(max_jobs=9), lambda stands, n: completed(stands, n, 0.7) if n % 2 else failed(stands, n))
    job = as_training_job(over, ())
    assert (job.training_job_status, job.best_trial) == ("Completed", over.trials[1].job)
    assert job.remarks == (
        "5 trials of 10 failed. The first, number 0: AlgorithmError: no such flag, exit code: 1",
        "The trial with the defaults was not done: there is nothing to compare the tuned model with.",
    )


def test_trials_that_met_a_limit_of_lambdas_send_the_whole_to_sagemaker_where_none_was_done() -> None:
    limit = f"{LIMIT_EXCEEDED}: it ran out of memory (the function has 1,769 MB)"
    over = ended(a_tuning(), lambda stands, n: failed(stands, n, *([limit] if n == 2 else [])))
    assert (as_training_job(over, ()).failure_reason or "").startswith(f"{LIMIT_EXCEEDED}: it ran out of memory")
    some = ended(a_tuning(), lambda stands, n: failed(stands, n, limit) if n == 2 else completed(stands, n, 0.7))
    assert some.status == "Completed"
    assert limit in as_training_job(some, ()).remarks[0]


def test_trials_that_all_reach_their_time_stop_the_tuning_as_one_job_would() -> None:
    over = ended(a_tuning(), lambda stands, n: job_of(stands, n, "MaxRuntimeExceeded"))
    job = as_training_job(over, ())
    assert (job.training_job_status, job.secondary_status) == ("Stopped", "MaxRuntimeExceeded")


def test_stopped_in_the_middle_the_finished_trials_are_kept_and_the_best_of_them_is_the_runs() -> None:
    begun = step(a_tuning(max_jobs=9, max_parallel=2))
    middle = step(begun, completed(begun, 0, 0.6))
    wished = middle.model_copy(update={"stop_wanted": True})
    assert as_training_job(wished, ()).training_job_status == "Stopping"
    assert step(wished) is wished
    ends = completed(wished, 1, 0.7) | job_of(wished, 2, "Stopped")
    over = step(wished, ends)
    assert [trial.status for trial in over.trials] == ["completed", "completed", "stopped"]
    job = as_training_job(over, ())
    assert (job.training_job_status, job.best_trial) == ("Completed", over.trials[1].job)
    assert job.remarks == ("The tuning was stopped: the best of the 2 trials that were done by then is the run's.",)


def test_stopped_before_any_was_done_it_is_stopped() -> None:
    assert step(a_tuning().model_copy(update={"stop_wanted": True})).status == "Stopped"
    begun = step(a_tuning(max_parallel=1)).model_copy(update={"stop_wanted": True})
    over = step(begun, job_of(begun, 0, "Stopped"))
    assert (over.status, as_training_job(over, ()).failure_reason) == (
        "Stopped", "It was stopped before a trial was done.",
    )  # fmt: skip


def test_a_trial_that_was_cut_short_keeps_its_value_and_is_neither_a_failure_nor_the_best() -> None:
    over = ended(
        a_tuning(max_jobs=3),
        lambda stands, n: (
            job_of(stands, n, "Stopped", early=True, told={AUC: 0.99}) if n == 2 else completed(stands, n, 0.7)
        ),
    )
    cut = over.trials[2]
    assert (cut.status, cut.objective) == ("stopped early", 0.99)
    assert (as_training_job(over, ()).best_trial, as_training_job(over, ()).remarks) == (over.trials[0].job, ())


@pytest.mark.parametrize("late", [True, False])
def test_what_is_over_stays_as_it_is_whatever_is_told_of_it_later(late: bool) -> None:
    over = ended(a_tuning(), lambda stands, n: completed(stands, n, 0.7))
    assert step(over, completed(over, 0, 0.99) if late else {}) is over


def test_its_record_says_again_what_was_written_and_fits_into_one_item_of_the_ledger() -> None:
    """With as many trials as there may be in Lambda, each with the longest reason or the longest curve."""
    curve = {2**power: 0.1234567890123456 for power in range(MAX_POINTS)}

    def at_their_longest(stands: TuningState, number: int) -> dict[str, LambdaJob]:
        if number % 2 == 0:
            return failed(stands, number, "x" * 1024)
        ((name, job),) = completed(stands, number, 0.1234567890123456).items()
        return {name: replace(job, curve=curve)}

    over = ended(a_tuning(max_jobs=MAX_JOBS_IN_LAMBDA), at_their_longest)
    written = over.model_dump(mode="json", exclude_defaults=True)
    assert TuningState.model_validate(json.loads(json.dumps(written))) == over
    assert over.trials[1].curve == curve
    # Half of what an item may have; https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    assert len(json.dumps(written)) < 200 * 1024


def test_the_event_of_its_end_has_the_shape_of_sagemakers() -> None:
    over = ended(a_tuning(max_jobs=4), lambda stands, n: completed(stands, n, 0.7) if n else failed(stands, n))
    detail = event_detail(over)
    assert detail["HyperParameterTuningJobStatus"] == "Completed"
    assert detail["HyperParameterTuningJobArn"] == (
        f"arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/{over.name}"
    )
    assert detail["TrainingJobStatusCounters"] == {
        "Completed": 4, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 1, "Stopped": 0,
    }  # fmt: skip
    assert detail["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 1}
    assert detail["Tags"] == {"traindrop:stack": "traindrop", "traindrop:trial": "true"}


def test_of_no_trials_nothing_comes() -> None:
    assert outcome_of((), 5, "maximize", stopped=False).failure_reason == "No trial was done."


@pytest.mark.parametrize(
    ("job", "tuning"),
    [
        ("traindrop-flowers-0123456789ab-007-0a1b2c3d", "traindrop-flowers-0123456789ab"),
        ("traindrop-flowers-0123456789ab-r2-120-0a1b2c3d", "traindrop-flowers-0123456789ab-r2"),
        ("traindrop-flowers-0123456789ab-defaults", "traindrop-flowers-0123456789ab"),
        ("traindrop-flowers-0123456789ab", None),
        ("traindrop-census-2020-0123456789ab", None),
        ("traindrop-flowers-0123456789ab-r2", None),
    ],
)
def test_a_trials_name_tells_its_tuning_and_no_other_jobs_name_does(job: str, tuning: str | None) -> None:
    assert tuning_of(job) == tuning
