"""What one part emits, the next one accepts."""

import json
from typing import Any

import pytest
from moto.events.models import EventPattern
from tests.builders import a_job
from tests.contract.template import STACK, pattern_of

from traindrop import aws
from traindrop.config import TrainingConfig
from traindrop.events import DetailType, OurEvent, RunEnded, TrainingJob, TrainingJobStateChange
from traindrop.notifying import NOTICE
from traindrop.request import training_job_request
from traindrop.run import Status
from traindrop_cli.local.sagemaker import jobs
from traindrop_cli.local.sagemaker.jobs import Job
from traindrop_cli.local.sagemaker.surroundings import Scope


class Bus:
    """Stands in for EventBridge's client, and delivers what was put as EventBridge would."""

    def __init__(self) -> None:
        self.delivered: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        for entry in Entries:
            detail = json.loads(entry["Detail"])
            self.delivered.append({"source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail})
        return {"FailedEntryCount": 0, "Entries": []}


@pytest.mark.parametrize(
    ("detail_type", "status"),
    [
        ("Run Rejected", Status.REJECTED),
        ("Launch Failed", Status.FAILED),
        ("Model Evaluated", Status.EVALUATED),
        ("Evaluation Failed", Status.EVALUATION_FAILED),
    ],
)
def test_what_launcher_and_evaluator_emit_is_routed_to_the_notifier_and_read_whole(
    monkeypatch: pytest.MonkeyPatch, detail_type: DetailType, status: Status
) -> None:
    bus = Bus()
    monkeypatch.setattr(aws, "client", lambda _name: bus)
    detail = RunEnded(run="a-run", dataset="größe", status=status, metrics={"auc": 0.9, "precision": None})
    aws.emit(STACK, detail_type, detail)
    (event,) = bus.delivered
    assert EventPattern.load(pattern_of("Notifier.RunEnded")).matches_event(event)
    notice = NOTICE.validate_python(event)
    assert type(notice) is OurEvent
    assert notice.detail == detail


def test_an_event_that_the_bus_did_not_take_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def put_events(self, **_: Any) -> dict[str, Any]:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}

    monkeypatch.setattr(aws, "client", lambda _name: Refusing())
    with pytest.raises(RuntimeError, match="ThrottlingException"):
        aws.emit(STACK, "Run Rejected", RunEnded(run="a-run", dataset="d", status=Status.REJECTED))


def a_local_job(*steps: str, reason: str | None = None) -> Job:
    """Our own request, carried through these secondary statuses by the local SageMaker; a second for each."""
    request = training_job_request(a_job(), TrainingConfig())
    job = jobs.new_job(Scope("000000000000", "us-east-1"), request, 1_762_905_600.0)
    for second, step in enumerate(steps, start=1):
        job = jobs.moved(job, step, 1_762_905_600.0 + second, failure_reason=reason if step == "Failed" else None)
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
    event = {"source": "aws.sagemaker", "detail-type": jobs.EVENT, "detail": jobs.event_detail(job)}
    event = json.loads(json.dumps(event))
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
    event = TrainingJob.model_validate(jobs.event_detail(job))
    known = {**jobs.describe(job)}
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
    local = jobs.event_detail(a_local_job("Downloading", "Training", "Uploading", "Completed"))
    assert sample.keys() <= local.keys()
    assert {name: type(value) for name, value in sample.items()} == {name: type(local[name]) for name in sample}
