"""What one part emits, the next one accepts."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from moto.events.models import EventPattern
from tests.builders import ACCOUNT, a_job, a_run
from tests.conftest import LoadEvent
from tests.contract.template import STACK, TRAINING_ROLE, pattern_of

from traindrop import aws, job_state, training_jobs
from traindrop.announcing import announce, announce_waiting
from traindrop.config import TrainingConfig
from traindrop.events import (
    EndOfRun,
    Rerun,
    RunChanged,
    RunEnded,
    Stop,
    TrainingJob,
    TrainingJobStateChange,
    TuningJobStateChange,
)
from traindrop.job_state import JobState, Scope
from traindrop.ledger import Ledger
from traindrop.notifying import NOTICE
from traindrop.request import training_job_request
from traindrop.run import FINAL, Status
from traindrop.settings import Settings
from traindrop_cli.asking import ask
from traindrop_cli.stack import Stack


class Bus:
    """Stands in for EventBridge's client, and delivers what was put as EventBridge would."""

    def __init__(self) -> None:
        self.delivered: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        for entry in Entries:
            detail = json.loads(entry["Detail"])
            event = {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail}
            self.delivered.append({**event, "account": ACCOUNT})
        return {"FailedEntryCount": 0, "Entries": []}


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    found = Bus()
    monkeypatch.setattr(aws, "client", lambda _name: found)
    return found


def sent(event: dict[str, Any]) -> dict[str, Any]:
    """Of a delivered event, what its sender decides on, and the account that EventBridge adds."""
    return {name: event[name] for name in ("source", "account", "detail-type", "detail")}


def as_moments(value: Any) -> Any:
    """An event's times, texts of milliseconds, as DescribeTrainingJob answers with them."""
    if isinstance(value, dict):
        return {
            name: datetime.fromtimestamp(int(part) / 1000, UTC) if name.endswith("Time") else as_moments(part)
            for name, part in value.items()
        }
    return [as_moments(part) for part in value] if isinstance(value, list) else value


RUN = a_run(run="traindrop-titanic-0123456789ab", dataset="titanic")
LAUNCHED: dict[str, Any] = {"launched_at": RUN.created_at}
# Each kind of end, with what the sample in events/ says of its run.
ENDS: dict[str, tuple[Status, dict[str, Any]]] = {
    "run_rejected": (Status.REJECTED, {}),
    "run_repeated": (Status.REPEATED, {"answered_by": "traindrop-titanic-ba9876543210"}),
    "launch_failed": (Status.FAILED, {}),
    "training_failed": (Status.FAILED, LAUNCHED),
    "run_stopped": (Status.STOPPED, {}),
    "model_evaluated": (
        Status.EVALUATED,
        {
            **LAUNCHED, "training_ended_at": RUN.created_at, "main_metric": "auc",
            "metrics": {"auc": 0.87, "accuracy": 0.82},
        },
    ),
    "evaluation_failed": (Status.EVALUATION_FAILED, LAUNCHED),
}  # fmt: skip


@pytest.mark.parametrize("sample", ENDS)
def test_the_end_of_a_run_is_emitted_as_its_sample_routed_to_the_notifier_and_read_whole(
    bus: Bus, load_event: LoadEvent, sample: str
) -> None:
    expected = load_event(sample)
    status, fields = ENDS[sample]
    reason = expected["detail"].get("reason")
    announce(RUN.model_copy(update={"status": status, "reason": reason, **fields}), STACK)
    (event,) = bus.delivered
    assert event == sent(expected)
    assert EventPattern.load(pattern_of("Notifier.RunEnded")).matches_event(event)
    notice = NOTICE.validate_python(event)
    assert type(notice) is RunEnded
    assert notice.detail.model_dump(mode="json", exclude_none=True) == event["detail"]


def test_every_end_that_there_is_has_a_sample(load_event: LoadEvent) -> None:
    assert {load_event(sample)["detail-type"] for sample in ENDS} == set(get_args(EndOfRun))


@pytest.mark.parametrize("status", sorted(set(Status) - FINAL))
def test_nothing_is_emitted_of_a_run_that_has_not_ended(bus: Bus, status: Status) -> None:
    announce(RUN.model_copy(update={"status": status}), STACK)
    assert bus.delivered == []


@pytest.mark.parametrize("status", sorted(FINAL))
def test_nothing_is_emitted_of_a_run_that_was_told_of(bus: Bus, status: Status) -> None:
    announce(RUN.model_copy(update={"status": status, "notified_at": RUN.created_at}), STACK)
    assert bus.delivered == []


def test_a_run_that_waits_is_emitted_as_its_sample_with_what_it_waits_for(bus: Bus, load_event: LoadEvent) -> None:
    expected = load_event("run_waiting")
    announce_waiting(RUN.model_copy(update={"waits_for": expected["detail"]["reason"]}), STACK)
    assert bus.delivered == [sent(expected)]


def test_a_state_change_that_was_lost_is_emitted_again_in_the_shape_of_sagemakers_own(
    bus: Bus, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = load_event("training_job_completed"), load_event("training_job_completed_again")
    only_described = {"BillableTimeInSeconds": 130, "ResponseMetadata": {"HTTPStatusCode": 200}, "ProfilingStatus": "x"}
    described = as_moments(first["detail"]) | only_described
    monkeypatch.setattr(aws, "described", lambda _name: described)
    training_jobs.tell_state(
        RUN, Ledger("runs"), Settings(stack=STACK, table="runs", bucket="bucket", aws_region="us-east-1")
    )
    assert bus.delivered == [sent(again)]
    # DescribeTrainingJob knows no tags: ListTags does, and nobody here reads them.
    assert again["detail"] == {name: value for name, value in first["detail"].items() if name != "Tags"}


@pytest.mark.parametrize("sample", ["tuning_job_completed", "tuning_job_failed", "tuning_job_stopped"])
def test_a_tunings_change_that_was_lost_is_emitted_again_in_the_shape_of_sagemakers_own(
    bus: Bus, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch, sample: str
) -> None:
    first = load_event(sample)
    only_described = {"HyperParameterTuningJobConfig": {"Strategy": "Random"}, "ResponseMetadata": {}, "Autotune": {}}
    described = as_moments(first["detail"]) | only_described
    monkeypatch.setattr(aws, "described_tuning", lambda _name: described)
    run = RUN.model_copy(update={"max_trials": 20, "instance_type": "ml.m5.large"})
    training_jobs.tell_state(
        run, Ledger("runs"), Settings(stack=STACK, table="runs", bucket="bucket", aws_region="us-east-1")
    )
    (event,) = bus.delivered
    assert event == {
        "source": f"traindrop.{STACK}", "account": ACCOUNT, "detail-type": first["detail-type"],
        "detail": {name: value for name, value in first["detail"].items() if name != "Tags"},
    }  # fmt: skip
    assert EventPattern.load(pattern_of("Evaluator.TrainingCompleted")).matches_event(event)
    assert type(NOTICE.validate_python(event)) is TuningJobStateChange


@pytest.mark.parametrize("sample", ["rerun_requested", "stop_requested"])
def test_what_a_person_asks_for_is_emitted_as_its_sample(bus: Bus, load_event: LoadEvent, sample: str) -> None:
    expected = load_event(sample)
    wish = (Rerun if sample == "rerun_requested" else Stop).model_validate(expected["detail"])
    ask(Stack(STACK, "bucket", "table"), expected["detail-type"], wish)
    assert bus.delivered == [sent(expected)]


def test_an_event_that_the_bus_did_not_take_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def put_events(self, **_: Any) -> dict[str, Any]:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}

    monkeypatch.setattr(aws, "client", lambda _name: Refusing())
    with pytest.raises(RuntimeError, match="ThrottlingException"):
        aws.emit(STACK, "Run Rejected", RunChanged(run="a-run", dataset="d", status=Status.REJECTED))


def a_local_job(*steps: str, reason: str | None = None) -> JobState:
    """Our own request, carried through these secondary statuses by the local SageMaker; a second for each."""
    request = training_job_request(a_job(role_arn=TRAINING_ROLE), TrainingConfig())
    job = job_state.new_job(Scope("000000000000", "us-east-1"), request, 1_762_905_600.0)
    for second, step in enumerate(steps, start=1):
        job = job_state.moved(job, step, 1_762_905_600.0 + second, failure_reason=reason if step == "Failed" else None)
    return job


@pytest.mark.parametrize(
    ("steps", "status", "rule"),
    [
        (["Downloading", "Training", "Uploading", "Completed"], "Completed", "Evaluator.TrainingCompleted"),
        (["Downloading", "Training", "Failed"], "Failed", "Notifier.TrainingEndedBadly"),
        (["Downloading", "Training", "Stopping", "Stopped"], "Stopped", "Notifier.TrainingEndedBadly"),
        (["Downloading", "Training", "MaxRuntimeExceeded"], "Stopped", "Notifier.TrainingEndedBadly"),
    ],
)
def test_what_the_local_sagemaker_emits_is_routed_and_read_as_sagemakers_own(
    steps: list[str], status: str, rule: str
) -> None:
    job = a_local_job(*steps, reason="ExecuteUserScriptError")
    event = {"source": "aws.sagemaker", "detail-type": job_state.EVENT, "detail": job_state.event_detail(job)}
    event = json.loads(json.dumps({**event, "account": ACCOUNT}))
    assert EventPattern.load(pattern_of(rule)).matches_event(event)
    notice = NOTICE.validate_python(event)
    assert type(notice) is TrainingJobStateChange
    found = notice.detail
    assert (found.training_job_name, found.training_job_status) == (a_job().run, status)
    assert found.secondary_status == steps[-1]
    assert found.training_end_time is not None
    assert found.failure_reason == ("ExecuteUserScriptError" if status == "Failed" else None)


def test_event_and_description_of_a_local_job_tell_the_same_times() -> None:
    job = a_local_job("Downloading", "Training", "Uploading", "Completed")
    event = TrainingJob.model_validate(job_state.event_detail(job))
    known = {**job_state.describe(job)}
    # botocore makes moments of the seconds that the service answers with; the model takes those as they are.
    milliseconds = {name: known[name] * 1000 for name in ("TrainingStartTime", "TrainingEndTime")}
    described = TrainingJob.model_validate({**known, **milliseconds})
    assert described.training_end_time == event.training_end_time
    assert described.training_start_time == event.training_start_time
    assert described.billable_time_in_seconds


def test_a_local_event_has_every_field_of_the_documented_sample_that_our_request_can_fill(
    load_event: Any,
) -> None:
    sample = load_event("training_job_completed")["detail"]
    local = job_state.event_detail(a_local_job("Downloading", "Training", "Uploading", "Completed"))
    assert sample.keys() <= local.keys()
    assert {name: type(value) for name, value in sample.items()} == {name: type(local[name]) for name in sample}
