"""A run that tunes at SageMaker: one tuning job and the training job with the defaults, which end as one."""

from datetime import date
from decimal import Decimal
from typing import Any

import boto3
import pytest
from functions.dispatcher.app import lambda_handler as dispatcher
from functions.evaluator.app import lambda_handler as evaluator
from functions.notifier.app import lambda_handler as notifier
from tests.builders import ACCOUNT, a_context, client_error
from tests.functional.conftest import Account
from tests.functional.service import FULL, ZERO, Service, service, state_change
from tests.functional.test_notifier import write_log_of
from tests.functional.test_waiting_line import dispatch, refuse
from tests.functional.tuning_service import Tunings, tuning_change, tunings, waiting_to_tune
from tests.tuning_answers import AUC, child, defaults_job

from traindrop import aws, training_jobs
from traindrop.clock import now
from traindrop.run import Run, Status, Tariff
from traindrop.settings import DispatcherSettings
from traindrop.spending import month_of, settle_ended
from traindrop.tunings import trials_of

__all__ = ["service", "tunings"]  # fixtures

TARIFF = Tariff(hourly_usd=Decimal("0.36"), region="us-east-1", as_of=date(2026, 11, 1))
# A cent for 100 seconds, and an hour for each of four trials at worst.
PRICED: dict[str, Any] = {"tariffs": {"ml.m5.large": TARIFF}, "max_runtime": 3600}
HANDLERS = (dispatcher, evaluator, notifier)
NO_CAPACITY = "CapacityError: Unable to provision requested ML compute capacity. Please retry."


def launched(account: Account, **changes: Any) -> Run:
    run = waiting_to_tune(account, **changes)
    assert dispatch() == [run.run]
    return account.ledger.stored(run.run)


def end_defaults(service: Service, run: Run, value: float | None = 0.8, status: str = "Completed", **more: Any) -> Any:
    """Let the job with the defaults end; its event."""
    service.jobs[run.defaults_job] = {**defaults_job(value, status), "TrainingJobName": run.defaults_job, **more}
    return state_change(run.defaults_job, status)


def hear(event: dict[str, Any]) -> None:
    """What the rules would start, and more: each function that reads such an event, twice."""
    for handler in HANDLERS * 2:
        handler(event, a_context())


def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that the evaluator would evaluate; what it does then is none of this file's."""
    found: list[str] = []
    monkeypatch.setattr("traindrop.evaluating._evaluate", lambda run, *_: found.append(run.run))
    return found


def test_a_launch_creates_the_tuning_job_and_the_one_with_the_defaults_and_holds_one_slot(
    account: Account, service: Service, tunings: Tunings
) -> None:
    run = launched(account)
    assert (tunings.created, service.created) == ([run.run], [f"{run.run}-defaults"])
    assert run.status is Status.IN_PROGRESS
    assert account.ledger.slots() == {run.run}


def test_a_full_quota_for_the_tuning_job_makes_the_run_wait_and_nothing_is_created(
    account: Account, service: Service, tunings: Tunings
) -> None:
    tunings.refusal = ("ResourceLimitExceeded", FULL)
    run = waiting_to_tune(account)
    assert dispatch() == []
    assert account.ledger.stored(run.run).status is Status.WAITING
    assert (tunings.created, service.asked, account.ledger.slots()) == ([], [], set())


def test_a_tuning_job_that_is_never_taken_ends_the_run(account: Account, service: Service, tunings: Tunings) -> None:
    tunings.refusal = ("ValidationException", "1 validation error detected")
    run = waiting_to_tune(account)
    dispatch()
    assert (account.ledger.stored(run.run).status, service.asked) == (Status.FAILED, [])


def test_a_launch_that_was_cut_off_between_the_two_is_made_up_for_by_the_next_try(
    account: Account, service: Service, tunings: Tunings, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = waiting_to_tune(account)

    def dies(_request: Any) -> None:
        raise client_error("CreateTrainingJob", "InternalFailure", "oops")

    with monkeypatch.context() as broken:
        broken.setattr(aws, "create_training_job", dies)
        with pytest.raises(ExceptionGroup, match="could not be launched"):
            dispatch()
    assert (tunings.created, service.created) == ([run.run], [])
    later(minutes=3)
    dispatch()
    assert (tunings.created, service.created) == ([run.run], [run.defaults_job])
    assert account.ledger.stored(run.run).status is Status.IN_PROGRESS


def test_both_jobs_may_be_there_already(account: Account, service: Service, tunings: Tunings) -> None:
    run = launched(account)
    training_jobs.create(run, {"HyperParameterTuningJobName": run.job}, account.ledger, DispatcherSettings.from_env())
    assert (len(tunings.created), len(service.created)) == (1, 1)


@pytest.mark.parametrize("last", ["the tuning", "the defaults"])
def test_the_run_completes_with_whichever_of_the_two_ends_last_and_is_evaluated_once_it_has(
    account: Account, service: Service, tunings: Tunings, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    seen = evaluated(monkeypatch)
    run = launched(account, **PRICED)
    steps = [
        lambda: tunings.end(run.job, "Completed", child(1, 0.7), child(2, 0.9), child(3, 0.8)),
        lambda: end_defaults(service, run, 0.75),
    ]
    first, second = steps if last == "the defaults" else reversed(steps)
    hear(first())
    assert (account.ledger.stored(run.run).status, seen) == (Status.IN_PROGRESS, [])
    assert account.ledger.slots() == {run.run}
    hear(second())
    ended = account.ledger.stored(run.run)
    assert (ended.status, set(seen)) == (Status.COMPLETED, {run.run})
    assert (ended.best_trial, ended.trials_with_value) == (child(2)["TrainingJobName"], 3)
    assert ended.model_key == f"runs/{run.run}/trials/{child(2)['TrainingJobName']}/output/model.tar.gz"
    assert (ended.reported, ended.billable_seconds, ended.notes) == ({AUC: 0.9}, 360, ())
    assert account.ledger.slots() == set()
    assert account.ledger.spending(month_of(now())).total == Decimal("0.036")
    assert account.mails() == []


def test_a_tuning_that_was_stopped_is_evaluated_with_what_it_has_and_says_so(
    account: Account, service: Service, tunings: Tunings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = evaluated(monkeypatch)
    run = launched(account)
    dispatch(stop_of(run))
    assert (tunings.stopped, service.stopped) == ([run.job], [run.defaults_job])
    hear(end_defaults(service, run, None, "Stopped"))
    hear(tunings.end(run.job, "Stopped", child(1, 0.7), child(2, None, "Stopped", TrainingEndTime=None)))
    ended = account.ledger.stored(run.run)
    assert (ended.status, ended.best_trial, set(seen)) == (Status.COMPLETED, child(1)["TrainingJobName"], {run.run})
    assert ended.notes == (
        "The tuning was stopped by anna after 1 of 3 trials.",
        "The trial with the defaults was stopped; there is nothing to compare with.",
    )


def stop_of(run: Run) -> dict[str, Any]:
    return {
        "source": "traindrop.traindrop", "account": ACCOUNT, "detail-type": "Stop Requested",
        "detail": {"run": run.run, "who": "anna"},
    }  # fmt: skip


def test_a_job_with_the_defaults_that_is_not_there_or_has_ended_is_not_stopped(
    account: Account, service: Service, tunings: Tunings
) -> None:
    refuse(service)
    run = launched(account)
    dispatch(stop_of(run))
    end_defaults(service, run)
    dispatch(stop_of(run))
    assert (len(tunings.stopped), service.stopped) == (2, [])


def test_a_run_that_was_stopped_before_any_value_is_told_once_as_stopped(
    account: Account, service: Service, tunings: Tunings
) -> None:
    refuse(service)
    run = launched(account)
    dispatch(stop_of(run))
    hear(tunings.end(run.job, "Stopped", child(1, None, "Stopped", TrainingEndTime=None)))
    ((subject, body),) = account.mails()
    assert "stopped" in subject
    assert "Stopped by anna after 0 of 3 trials" in " ".join(body.split())
    assert service.created == []


def test_where_the_search_takes_all_instances_the_defaults_are_trained_at_its_end(
    account: Account, service: Service, tunings: Tunings, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated(monkeypatch)
    refuse(service)
    run = launched(account)
    assert (run.status, service.created) == (Status.IN_PROGRESS, [])
    service.refusals.clear()
    event = tunings.end(run.job, "Completed", child(1, 0.9))
    for handler in (evaluator, notifier):
        handler(event, a_context())
    assert service.created == []  # they may not
    dispatch(event)
    assert service.created == [run.defaults_job]
    assert account.ledger.stored(run.run).status is Status.IN_PROGRESS
    hear(end_defaults(service, run))
    assert account.ledger.stored(run.run).status is Status.COMPLETED


def test_the_reconciler_makes_up_for_defaults_that_found_no_room(
    account: Account, service: Service, tunings: Tunings, later: Any
) -> None:
    refuse(service)
    run = launched(account)
    service.refusals.clear()
    later(minutes=11)
    dispatch()
    assert service.created == [run.defaults_job]
    assert account.ledger.stored(run.run).status is Status.IN_PROGRESS
    assert tunings.created == [run.job]


@pytest.mark.parametrize("how", ["refused", "deleted", "no room"])
def test_defaults_that_will_never_be_trained_do_not_keep_the_run_from_its_end(
    account: Account, service: Service, tunings: Tunings, monkeypatch: pytest.MonkeyPatch, later: Any, how: str
) -> None:
    evaluated(monkeypatch)
    run = waiting_to_tune(account)
    if how == "deleted":
        boto3.client("s3").delete_object(Bucket=run.bucket, Key=run.defaults_request_key)
    refuse(service, message=ZERO if how == "refused" else FULL)
    dispatch()
    event = tunings.end(run.job, "Completed", child(1, 0.9), child(2, 0.9), child(3, 0.9))
    if how == "no room":
        hear(event)
        assert account.ledger.stored(run.run).status is Status.IN_PROGRESS
        later(hours=7)
    hear(event)
    ended = account.ledger.stored(run.run)
    assert (ended.status, ended.best_trial) == (Status.COMPLETED, child(1)["TrainingJobName"])
    (note,) = ended.notes
    assert note.startswith("The trial with the defaults could not be trained (")
    said = {"refused": "service quota", "deleted": "was deleted", "no room": "no free instance"}[how]
    assert said in note


def test_defaults_that_fail_last_start_the_evaluation_of_the_others(
    account: Account, service: Service, tunings: Tunings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = evaluated(monkeypatch)
    run = launched(account)
    hear(tunings.end(run.job, "Completed", child(1, 0.9), child(2, 0.9), child(3, 0.9)))
    evaluator(end_defaults(service, run, None, "Failed", FailureReason="AlgorithmError: exit code 1"), a_context())
    assert seen == [run.run]
    assert "could not be trained (AlgorithmError: exit code 1)" in account.ledger.stored(run.run).notes[0]


def test_when_all_trials_fail_one_message_tells_of_it_with_the_log_of_one_that_failed(
    account: Account, service: Service, tunings: Tunings
) -> None:
    run = launched(account)
    failure = {"FailureReason": "AlgorithmError: ExecuteUserScriptError: exit code 1"}
    children = [child(number, None, "Failed", **failure) for number in (1, 2, 3)]
    write_log_of(run.defaults_job, ["ValueError: could not convert 'male'"])
    hear(end_defaults(service, run, None, "Failed", **failure))
    hear(tunings.end(run.job, "Failed", *children, FailureReason="No training job succeeded after 3 attempts."))
    ((subject, body),) = account.mails()
    assert "training failed" in subject
    text = " ".join(body.split())
    assert "AlgorithmError: all 4 trials failed; the first of them, trial 1" in text
    assert "ValueError: could not convert 'male'" in text
    assert account.ledger.stored(run.run).status is Status.FAILED


@pytest.mark.parametrize("status", ["Completed", "Failed"])
def test_an_objective_that_never_appears_is_one_message_that_says_so_whatever_the_tuning_job_calls_itself(
    account: Account, service: Service, tunings: Tunings, status: str
) -> None:
    run = launched(account)
    hear(end_defaults(service, run, None))
    event = tunings.end(run.job, status, child(1), child(2), child(3))
    dispatcher(event, a_context())
    evaluator(event, a_context())
    emitted = [found for found in account.events() if found["detail-type"] != "Run Waiting"]
    assert [found["detail-type"] for found in emitted] == ["Training Failed"]
    notifier(emitted[0], a_context())
    hear(event)
    ((_, body),) = account.mails()
    assert "The objective never appeared" in " ".join(body.split())


def test_a_tuning_that_lacked_capacity_is_tried_again_as_a_whole_under_a_new_name(
    account: Account, service: Service, tunings: Tunings, later: Any
) -> None:
    run = launched(account)
    never = {"TrainingStartTime": None, "TrainingEndTime": None, "FailureReason": NO_CAPACITY}
    hear(end_defaults(service, run, None, "Failed", **never))
    hear(tunings.end(run.job, "Failed", *(child(number, None, "Failed", **never) for number in (1, 2, 3))))
    again = account.ledger.stored(run.run)
    assert (again.status, again.attempt) == (Status.WAITING, 2)
    assert account.mails() == []
    later(minutes=6)
    dispatch()
    second = f"{run.run}-r2"
    assert tunings.created == [run.run, second]
    assert service.created == [f"{run.run}-defaults", f"{second}-defaults"]
    assert account.ledger.slots() == {second}


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_the_event_of_a_child_touches_no_run_and_tells_nothing(
    account: Account, service: Service, tunings: Tunings, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    seen = evaluated(monkeypatch)
    run = launched(account)
    before = account.ledger.stored(run.run)
    tunings.children[run.job] = [child(1, 0.9, status)]
    service.jobs[child(1)["TrainingJobName"]] = child(1, 0.9, status)
    hear(state_change(child(1)["TrainingJobName"], status))
    assert (account.ledger.stored(run.run), [each.run for each in account.runs()]) == (before, [run.run])
    assert (account.ledger.slots(), seen, account.mails(), account.events()) == ({run.run}, [], [], [])


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
@pytest.mark.parametrize("suffix", ["", "-r2"])
def test_a_training_job_called_as_the_run_could_be_does_not_end_its_tuning(
    account: Account, service: Service, tunings: Tunings, status: str, suffix: str
) -> None:
    """The tuning job is asked, and goes on; whatever else has its name is none of the run's."""
    run = launched(account)
    service.jobs[f"{run.job}{suffix}"] = defaults_job(0.9, status)
    hear(state_change(f"{run.job}{suffix}", status))
    found = account.ledger.stored(run.run)
    assert (found.status, found.attempt, found.best_trial) == (Status.IN_PROGRESS, 1, None)
    assert account.ledger.slots() == {run.run}
    assert (account.mails(), tunings.stopped) == ([], [])


def test_an_event_of_a_tuning_of_nobody_does_nothing(account: Account, service: Service, tunings: Tunings) -> None:
    launched(account)
    tunings.end("traindrop-other-0123456789ab", "Completed", child(1, 0.9))
    hear(tuning_change("traindrop-other-0123456789ab", "Completed"))
    assert account.mails() == []
    assert len(service.asked) == 1


def test_the_end_of_a_tuning_whose_events_were_lost_is_told_again_by_the_reconciler(
    account: Account, service: Service, tunings: Tunings, later: Any
) -> None:
    run = launched(account)
    end_defaults(service, run)
    tunings.end(run.job, "Completed", child(1, 0.9))
    later(minutes=11)
    dispatch()
    (event,) = account.events()
    assert event["detail-type"] == "SageMaker HyperParameter Tuning Job State Change"
    assert event["detail"]["HyperParameterTuningJobName"] == run.job
    assert event["detail"]["HyperParameterTuningJobStatus"] == "Completed"
    dispatch(event)
    assert account.ledger.stored(run.run).status is Status.COMPLETED


def test_a_tuning_job_that_was_deleted_ends_its_run(account: Account, tunings: Tunings, later: Any) -> None:
    run = launched(account)
    del tunings.jobs[run.job]
    later(minutes=11)
    dispatch()
    assert "was deleted" in (account.ledger.stored(run.run).reason or "")


def test_the_trials_of_a_run_are_those_of_its_present_attempt_the_defaults_first(
    account: Account, service: Service, tunings: Tunings
) -> None:
    run = waiting_to_tune(account)
    assert trials_of(run, account.ledger) == ()
    dispatch()
    assert [trial.status for trial in trials_of(run, account.ledger)] == ["running"]
    tunings.end(run.job, "InProgress", child(1, 0.9), child(2, None, "InProgress", TrainingEndTime=None))
    end_defaults(service, run, 0.7)
    found = trials_of(run, account.ledger)
    assert [(trial.number, trial.status, trial.objective) for trial in found] == [
        (0, "completed", 0.7), (1, "completed", 0.9), (2, "running", None),
    ]  # fmt: skip


def test_with_spot_capacity_each_training_job_is_asked_what_it_is_billed_for(
    account: Account, service: Service, tunings: Tunings
) -> None:
    run = launched(account)
    tunings.end(run.job, "Completed", child(1, 0.9), definition={"EnableManagedSpotTraining": True})
    service.jobs[child(1)["TrainingJobName"]]["BillableTimeInSeconds"] = 30
    hear(end_defaults(service, run))
    ended = account.ledger.stored(run.run)
    assert (ended.billable_seconds, ended.training_seconds) == (60 + 30, 60 + 100)


def test_a_tuning_that_ended_while_nobody_looked_is_settled_at_what_it_did_cost(
    account: Account, service: Service, tunings: Tunings
) -> None:
    run = launched(account, **PRICED)
    month = month_of(now())
    assert account.ledger.spending(month).reserved == Decimal("1.44")
    tunings.end(run.job, "Completed", child(1, 0.9))
    account.ledger.advance(run.run, Status.FAILED, now(), reason="its record says so")
    settle_ended(account.ledger)
    assert account.ledger.spending(month).in_flight == {run.job: Decimal("1.44")}  # the defaults still run
    end_defaults(service, run)
    settle_ended(account.ledger)
    assert account.ledger.spending(month).in_flight == {}
    assert account.ledger.spending(month).total == Decimal("0.016")
