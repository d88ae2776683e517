"""A training job in Lambda from its launch to its end: its record, the real script, its limits, and what gets lost."""

import errno
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from functions.dispatcher.app import lambda_handler as dispatcher
from functions.launcher.app import lambda_handler as launcher
from functions.notifier.app import lambda_handler as notifier
from functions.trainer.app import lambda_handler as trainer
from tests.builders import ACCOUNT, CSV, a_context
from tests.conftest import LoadEvent
from tests.functional.conftest import BUCKET, TABLE, Account
from tests.functional.service import Service, service
from tests.functional.test_waiting_line import TICK, drop

from traindrop import aws, container, placing, training
from traindrop.job_state import JobState
from traindrop.lambda_jobs import LambdaJobs
from traindrop.lambda_limits import RESERVED_SECONDS
from traindrop.ledger import Ledger
from traindrop.process import Ended
from traindrop.run import Run, Status

__all__ = ["service"]  # a fixture

Queue = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    """What was handed over to a function: its name and the event."""
    found: Queue = []
    monkeypatch.setattr(aws, "invoke", lambda function, payload: found.append((function, {**payload})))
    return found


def carry_out(queue: Queue, seconds: float = 900.0) -> str | None:
    """Let the trainer do what was handed over last; the job's status then."""
    status: str | None = trainer(queue[-1][1], a_context(seconds=seconds))["status"]
    return status


def record_of(run: str) -> JobState:
    return LambdaJobs(Ledger(TABLE)).stored(run).state


def only(account: Account) -> Run:
    (run,) = account.runs()
    return run


def endless(account: Account) -> str:
    """Drop a CSV whose training takes longer than any test; the run's name."""
    config = b"target: species\ninstance_type: lambda\nhyperparameters: {num_round: 100000}\n"
    account.put("datasets/long/training.yaml", config)
    event = account.put("datasets/long/train/long.csv", CSV)
    (run,) = launcher(event, a_context())["runs"]
    return str(run)


def test_the_very_request_is_handed_over_trained_and_told_in_the_shape_of_sagemakers_event(
    account: Account, queue: Queue, service: Service
) -> None:
    run = drop(account, "a", "lambda")
    request = aws.read_json(BUCKET, f"runs/{run}/request.json")
    assert queue == [("traindrop-Trainer", request)]
    assert account.ledger.slots() == {run}
    assert carry_out(queue) == "Completed"
    (event,) = account.events()
    assert event["source"] == "traindrop.traindrop"
    dispatcher(event, a_context())
    found = only(account)
    assert (found.status, found.instance_type) == (Status.COMPLETED, "lambda")
    assert found.billable_seconds
    assert found.reported["train:auc"] == pytest.approx(1.0)
    assert aws.exists(BUCKET, found.model_key)
    assert aws.exists(BUCKET, found.output_key)
    assert "Train size: (48, 2)" in aws.last_log_lines(run, 1000)
    states = [transition.status for transition in record_of(run).transitions]
    assert states == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert (service.asked, account.ledger.slots()) == ([], set())


def test_a_large_file_goes_to_the_large_function_and_one_that_fits_nowhere_to_sagemaker_with_a_note(
    account: Account, queue: Queue, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(placing, "function_for", lambda _size: 3008)
        drop(account, "large", "lambda")
    assert [function for function, _ in queue] == ["traindrop-LargeTrainer"]
    with monkeypatch.context() as patch:
        patch.setattr(placing, "function_for", lambda _size: None)
        huge = account.ledger.stored(drop(account, "huge", "lambda"))
    assert (service.created, len(queue)) == ([huge.run], 1)
    assert huge.instance_type == "ml.m5.large"
    (note,) = [note for note in huge.notes if "lambda" in note]
    assert note.startswith("instance_type lambda takes up to 357 MB of training and test file, and these have ")
    assert note.endswith("it went to ml.m5.large at once.")


@pytest.mark.usefixtures("service")
def test_delivered_twice_it_trains_once(account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(account, "a", "lambda")
    again: list[str | None] = []

    def meanwhile(*arguments: Any) -> Any:
        again.append(carry_out(queue))
        return real(*arguments)

    real = training.carry_out
    monkeypatch.setattr(training, "carry_out", meanwhile)
    assert carry_out(queue) == "Completed"
    assert carry_out(queue) is None
    assert again == [None]
    assert len(account.events()) == 1


def test_the_script_finds_no_credentials(account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(account, "a", "lambda")
    given: dict[str, str] = {}
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the function")
    monkeypatch.setattr(container, "supervise", lambda *_, env, **__: given.update(env) or Ended(0, None))
    assert carry_out(queue) == "Completed"
    assert "of the function" not in given.values()
    assert [name for name in given if name.startswith("AWS_")] == ["AWS_REGION"]


def test_what_the_script_does_wrong_is_its_own_failure_and_nothing_goes_on_elsewhere(
    account: Account, queue: Queue, service: Service
) -> None:
    run = drop(account, "a", "lambda")
    boto3.client("s3").put_object(Bucket=BUCKET, Key=only(account).input_key("a.csv", "train"), Body=b"a,b\n1,2\n")
    assert carry_out(queue) == "Failed"
    (event,) = account.events()
    for handler in (dispatcher, notifier):
        handler(event, a_context())
    assert only(account).status is Status.FAILED
    assert (only(account).reason or "").startswith("AlgorithmError: ")
    assert (service.created, len(account.mails())) == ([], 1)
    assert aws.last_log_lines(run, 5)


def test_a_run_that_lambda_has_no_time_for_goes_on_at_sagemaker_and_is_told_so(
    account: Account, queue: Queue, service: Service
) -> None:
    run = endless(account)
    assert carry_out(queue, RESERVED_SECONDS + 1.5) == "Failed"
    (event,) = account.events()
    assert "LambdaLimitExceeded: it ran out of time (of the function's 32 s" in event["detail"]["FailureReason"]
    dispatcher(event, a_context())
    assert notifier(event, a_context())["told"] == []
    assert service.created == [f"{run}-r2"]
    moved = only(account)
    assert (moved.status, moved.attempt, moved.instance_type) == (Status.IN_PROGRESS, 2, "ml.m5.large")
    notifier(service.end(f"{run}-r2", "Failed", FailureReason="AlgorithmError: no"), a_context())
    ((_, body),) = account.mails()
    assert "Moved to ml.m5.large: in Lambda it ran out of time" in " ".join(body.split())
    dispatcher(event, a_context())
    assert service.created == [f"{run}-r2"]


def test_a_person_that_allows_less_time_than_lambda_is_told_of_that_limit(
    account: Account, queue: Queue, service: Service
) -> None:
    endless(account)
    function, request = queue.pop()
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}
    request["TrainingJobName"] = "traindrop-long-0123456789ab"
    LambdaJobs(account.ledger).create(request, "us-east-1")
    queue.append((function, request))
    assert carry_out(queue) == "Stopped"
    (event,) = account.events()
    assert event["detail"]["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert service.created == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "LambdaLimitExceeded: it ran out of disk"),
        (MemoryError(), "LambdaLimitExceeded: it ran out of memory (the function has 1,769 MB)"),
        (RuntimeError("a fault of ours"), "InternalServerError: "),
    ],
)
def test_what_stops_the_trainer_itself_sends_the_run_to_sagemaker(
    account: Account, queue: Queue, service: Service, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    run = drop(account, "a", "lambda")

    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(training, "fetch", fail)
    assert carry_out(queue) == "Failed"
    (event,) = account.events()
    assert event["detail"]["FailureReason"].startswith(reason)
    dispatcher(event, a_context())
    assert (service.created, only(account).instance_type) == ([f"{run}-r2"], "ml.m5.large")


def stop(run: str) -> None:
    detail = {"run": run, "who": "ada"}
    wish = {"source": "traindrop.traindrop", "account": ACCOUNT, "detail-type": "Stop Requested", "detail": detail}
    dispatcher(wish, a_context())


@pytest.mark.usefixtures("service")
def test_a_job_that_is_stopped_before_its_trainer_came_is_not_trained(account: Account, queue: Queue) -> None:
    run = drop(account, "a", "lambda")
    stop(run)
    assert carry_out(queue) == "Stopped"
    (event,) = account.events()
    notifier(event, a_context())
    assert (only(account).status, only(account).reason) == (Status.STOPPED, "Stopped by ada while it trained.")
    assert aws.last_log_lines(run, 5) == []


@pytest.mark.usefixtures("service")
def test_a_job_that_is_stopped_while_it_trains_ends_within_seconds(
    account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = endless(account)
    real = container.run

    def stopped_meanwhile(*arguments: Any, **named: Any) -> Any:
        stop(run)
        return real(*arguments, **named)

    monkeypatch.setattr(training, "run", stopped_meanwhile)
    assert carry_out(queue) == "Stopped"
    assert [event["detail"]["TrainingJobStatus"] for event in account.events()] == ["Stopped"]


def died(load_event: LoadEvent, run: str) -> dict[str, Any]:
    """Lambda's record of a trainer that was killed together with its function."""
    record = load_event("trainer_gave_up")
    record["requestPayload"]["TrainingJobName"] = run
    return record


def test_a_trainer_that_dies_is_reported_by_lambda_and_its_run_goes_on_at_sagemaker(
    account: Account, queue: Queue, service: Service, load_event: LoadEvent
) -> None:
    run = drop(account, "a", "lambda")
    LambdaJobs(account.ledger).claim(run, 900)
    assert dispatcher(died(load_event, run), a_context())["runs"] == [run]
    (event,) = account.events()
    assert event["detail"]["FailureReason"].startswith("LambdaLimitExceeded: it ran out of memory (Runtime.ExitError:")
    dispatcher(event, a_context())
    assert service.created == [f"{run}-r2"]
    # Late, and twice.
    assert dispatcher(died(load_event, run), a_context())["runs"] == []
    assert carry_out(queue) is None
    assert service.created == [f"{run}-r2"]


def test_a_trainer_that_dies_after_it_was_done_changes_nothing_and_is_told_after_all(
    account: Account, queue: Queue, service: Service, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = drop(account, "a", "lambda")

    def refuse(*_: Any) -> None:
        raise RuntimeError("EventBridge did not take it")

    with monkeypatch.context() as patch:
        patch.setattr(aws, "emit_state_change", refuse)
        with pytest.raises(RuntimeError, match="did not take it"):
            carry_out(queue)
    dispatcher(died(load_event, run), a_context())
    (event,) = account.events()
    assert event["detail"]["TrainingJobStatus"] == "Completed"
    dispatcher(event, a_context())
    assert (only(account).status, service.created) == (Status.COMPLETED, [])


def tick() -> list[str]:
    runs: list[str] = dispatcher(TICK, a_context())["runs"]
    return runs


def test_a_trainer_of_which_nothing_at_all_was_heard_is_found_by_the_dispatcher(
    account: Account, queue: Queue, service: Service, later: Callable[..., None]
) -> None:
    run = drop(account, "a", "lambda")
    LambdaJobs(account.ledger).claim(run, 900)
    later(minutes=11)
    assert (tick(), account.events()) == ([run], [])  # it may be at it still
    later(minutes=21)
    assert tick() == [run]
    (event,) = account.events()
    assert "its function came to no end" in event["detail"]["FailureReason"]
    dispatcher(event, a_context())
    assert service.created == [f"{run}-r2"]
    assert len(queue) == 1


def test_a_job_that_no_trainer_came_for_is_handed_over_again_and_in_the_end_goes_to_sagemaker(
    account: Account, queue: Queue, service: Service, later: Callable[..., None]
) -> None:
    run = drop(account, "a", "lambda")
    later(minutes=11)
    tick()
    assert [payload["TrainingJobName"] for _, payload in queue] == [run, run]
    later(hours=2)
    tick()
    (event,) = account.events()
    dispatcher(event, a_context())
    assert (len(queue), service.created) == (2, [f"{run}-r2"])
    assert carry_out(queue) is None


@pytest.mark.usefixtures("service")
def test_a_launch_that_did_not_get_through_to_the_trainer_is_repeated(
    account: Account, monkeypatch: pytest.MonkeyPatch, later: Callable[..., None]
) -> None:
    def refuse(function: str, _payload: Any) -> None:
        raise RuntimeError(f"{function} could not be invoked")

    with monkeypatch.context() as patch:
        patch.setattr(aws, "invoke", refuse)
        with pytest.raises(ExceptionGroup, match="could not be invoked"):
            drop(account, "a", "lambda")
    assert only(account).status is Status.WAITING
    assert account.ledger.slots() == {only(account).run}
    found: Queue = []
    monkeypatch.setattr(aws, "invoke", lambda function, payload: found.append((function, payload)))
    later(minutes=3)
    assert tick() == [only(account).run]
    assert carry_out(found) == "Completed"


@pytest.mark.usefixtures("service")
def test_the_line_and_the_places_of_the_stack_hold_for_lambda_too(
    account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_JOBS", "1")
    first, second = drop(account, "a", "lambda"), drop(account, "b", "lambda")
    assert account.ledger.stored(second).status is Status.WAITING
    assert carry_out(queue) == "Completed"
    account_events = [event for event in account.events() if event["detail-type"].startswith("SageMaker")]
    dispatcher(account_events[0], a_context())
    assert [payload["TrainingJobName"] for _, payload in queue] == [first, second]


def test_the_record_answers_as_describe_training_job_does(account: Account, queue: Queue) -> None:
    run = drop(account, "a", "lambda")
    carry_out(queue)
    job = LambdaJobs(account.ledger).stored(run).training_job()
    assert (job.training_job_status, job.secondary_status) == ("Completed", "Completed")
    assert job.training_start_time is not None
    assert job.training_end_time is not None
    assert timedelta(0) < job.training_end_time - job.training_start_time < timedelta(minutes=5)
    assert job.billable_time_in_seconds
    assert {metric.metric_name for metric in job.final_metric_data_list} >= {"train:auc", "validation:auc"}
