"""Events: each sample of events/ is read into its one model, and ours stay as strict as they were written."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.builders import classic_event
from tests.conftest import LoadEvent

from traindrop.events import (
    FailureNotice,
    ObjectCreated,
    RerunRequested,
    RunChanged,
    RunEnded,
    S3Notification,
    Scheduled,
    StopRequested,
    TrainingJob,
    TrainingJobStateChange,
    Upload,
    state_change_detail,
)
from traindrop.keeping_order import OCCASION
from traindrop.notifying import NOTICE
from traindrop.receiving import ARRIVAL
from traindrop.run import Status

RUN = "traindrop-titanic-0123456789ab"


def uploads_in(event: dict[str, Any]) -> list[Upload]:
    """The uploads of an event that the launcher takes for some."""
    arrival = ARRIVAL.validate_python(event)
    assert isinstance(arrival, ObjectCreated | S3Notification)
    return arrival.uploads()


def test_an_eventbridge_upload_is_read_with_its_key_as_it_is(load_event: LoadEvent) -> None:
    (upload,) = uploads_in(load_event("s3_object_created"))
    assert upload.bucket == "traindrop-dropbucket-1a2b3c4d"
    assert upload.key == "datasets/titanic/train/titanic train+1.csv"
    assert (upload.size, upload.etag) == (50_272, "b1946ac92492d2347c6235b4d2611184")
    assert upload.version_id == "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"
    assert upload.sequencer == "00617F08299329D189"
    assert upload.uploaded_at == datetime(2026, 11, 12, tzinfo=UTC)


def test_a_changed_config_is_read_as_an_upload_too(load_event: LoadEvent) -> None:
    (upload,) = uploads_in(load_event("s3_object_created_config"))
    assert upload.key == "datasets/titanic/training.yaml"


def test_a_classic_notification_is_read_record_by_record_with_decoded_keys(load_event: LoadEvent) -> None:
    first, second = uploads_in(load_event("s3_notification"))
    assert first.key == "datasets/titanic/train/titanic train+1.csv"
    assert second.key == 'datasets/gemüse/train/précio "100%".csv'
    assert (first.size, first.version_id) == (50_272, "096fKKXTRTtl3on89fVO.nfljtsv6qko")
    assert first.sequencer < second.sequencer


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("a+b.csv", "a b.csv"),
        ("a%2Bb.csv", "a+b.csv"),
        ("a%20b.csv", "a b.csv"),
        ("100%25.csv", "100%.csv"),
        ("%2541.csv", "%41.csv"),
        ("%22quoted%22+%27it%27.csv", "\"quoted\" 'it'.csv"),
        ("gr%C3%B6%C3%9Fe.csv", "größe.csv"),
        ("%E6%95%B0%E6%8D%AE.csv", "数据.csv"),
        ("a%26b%3Dc.csv", "a&b=c.csv"),
    ],
)
def test_the_key_of_a_classic_notification_is_decoded_once_as_a_form_is(encoded: str, key: str) -> None:
    (upload,) = uploads_in(classic_event("bucket", [encoded], b""))
    assert upload.key == key


@pytest.mark.parametrize("event", [{}, {"Records": [{}]}, {"source": "aws.ec2", "detail": {}}, {"detail-type": "x"}])
def test_what_is_no_upload_is_an_error_and_not_an_empty_list(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ARRIVAL.validate_python(event)


@pytest.mark.parametrize("sample", ["s3_object_created", "s3_object_created_config", "s3_notification"])
def test_a_duplicate_is_the_same_upload_and_another_version_or_key_is_another(
    load_event: LoadEvent, sample: str
) -> None:
    first, again = (uploads_in(load_event(sample))[0] for _ in range(2))
    assert first.identity == again.identity
    for change in ({"version_id": "another"}, {"key": "datasets/titanic/train/other.csv"}, {"bucket": "another"}):
        assert first.model_copy(update=change).identity != first.identity


def test_without_versions_the_sequencer_tells_uploads_of_one_key_apart_and_without_that_their_time() -> None:
    at = datetime(2026, 11, 12, tzinfo=UTC)
    upload = Upload(bucket="b", key="k", size=1, etag="e", uploaded_at=at)
    second = upload.model_copy(update={"uploaded_at": at + timedelta(seconds=1)})
    assert upload.identity != second.identity
    one, other = (upload.model_copy(update={"sequencer": text}) for text in ("1", "2"))
    assert one.identity != other.identity
    assert one.model_copy(update={"uploaded_at": second.uploaded_at}).identity == one.identity


@pytest.mark.parametrize(
    ("name", "status", "secondary"),
    [
        ("training_job_in_progress", "InProgress", "Training"),
        ("training_job_completed", "Completed", "Completed"),
        ("training_job_failed", "Failed", "Failed"),
        ("training_job_stopped", "Stopped", "MaxRuntimeExceeded"),
    ],
)
def test_a_state_change_is_read_with_its_times_as_moments(
    load_event: LoadEvent, name: str, status: str, secondary: str
) -> None:
    notice = NOTICE.validate_python(load_event(name))
    assert type(notice) is TrainingJobStateChange
    job = notice.detail
    assert (job.training_job_name, job.training_job_status, job.secondary_status) == (RUN, status, secondary)
    assert job.training_start_time == datetime(2025, 11, 12, 0, 1, tzinfo=UTC)
    assert job.training_end_time == datetime(2025, 11, 12, 0, 3, 10, tzinfo=UTC)
    assert ("ExecuteUserScriptError" in (job.failure_reason or "")) == (status == "Failed")


@pytest.mark.parametrize(
    ("name", "detail_type", "status"),
    [
        ("run_rejected", "Run Rejected", Status.REJECTED),
        ("run_repeated", "Run Repeated", Status.REPEATED),
        ("training_failed", "Training Failed", Status.FAILED),
        ("run_stopped", "Run Stopped", Status.STOPPED),
        ("launch_failed", "Launch Failed", Status.FAILED),
        ("model_evaluated", "Model Evaluated", Status.EVALUATED),
        ("evaluation_failed", "Evaluation Failed", Status.EVALUATION_FAILED),
    ],
)
def test_an_event_of_ours_is_read_whole(load_event: LoadEvent, name: str, detail_type: str, status: Status) -> None:
    event = load_event(name)
    notice = NOTICE.validate_python(event)
    assert type(notice) is RunEnded
    assert (notice.detail_type, notice.detail.status, notice.detail.run) == (detail_type, status, RUN)
    assert notice.detail.model_dump(mode="json", exclude_none=True) == event["detail"]


def test_what_a_person_asks_for_is_read_by_the_function_that_carries_it_out(load_event: LoadEvent) -> None:
    wish = ARRIVAL.validate_python(load_event("rerun_requested"))
    assert type(wish) is RerunRequested
    assert (wish.detail.run, wish.detail.request_id) == (RUN, "5b1fcb1c-6c5c-4c55-a1cf-5b3b9ec4ab1d")
    stop = OCCASION.validate_python(load_event("stop_requested"))
    assert type(stop) is StopRequested
    assert (stop.detail.run, stop.detail.who) == (RUN, "arn:aws:iam::111122223333:user/anna")


@pytest.mark.parametrize("missing", ["run", "request_id"])
def test_a_wish_that_says_not_what_it_wants_is_an_error(load_event: LoadEvent, missing: str) -> None:
    event = load_event("rerun_requested")
    del event["detail"][missing]
    with pytest.raises(ValidationError, match=missing):
        ARRIVAL.validate_python(event)


def test_a_tick_of_the_schedule_is_read_as_one(load_event: LoadEvent) -> None:
    assert type(OCCASION.validate_python(load_event("schedule_tick"))) is Scheduled


def test_a_state_change_that_was_put_on_the_bus_again_is_read_as_the_first(load_event: LoadEvent) -> None:
    first, again = (
        TrainingJobStateChange.model_validate(load_event(name))
        for name in ("training_job_completed", "training_job_completed_again")
    )
    assert again.detail == first.detail


def test_the_detail_of_a_state_change_has_all_times_in_milliseconds_and_nothing_that_aws_leaves_out() -> None:
    start = datetime(2026, 11, 12, 0, 1, 0, 500_000, tzinfo=UTC)
    described = {
        "TrainingJobName": RUN,
        "TrainingJobStatus": "Failed",
        "FailureReason": "AlgorithmError: größe",
        "TrainingStartTime": start,
        "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": start, "StatusMessage": ""}],
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "BillableTimeInSeconds": 130,
        "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.5, "Timestamp": start}],
        "ResponseMetadata": {"RequestId": "x"},
    }
    detail = json.loads(state_change_detail(described))
    assert detail == {
        "TrainingJobName": RUN,
        "TrainingJobStatus": "Failed",
        "FailureReason": "AlgorithmError: größe",
        "TrainingStartTime": "1794441660500",
        "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": "1794441660500", "StatusMessage": ""}],
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    assert TrainingJob.model_validate(detail).training_start_time == start


@pytest.mark.parametrize("time", [1e300, -1e300, "9" * 30, float("inf"), float("nan"), "\u00b2"])
def test_a_time_that_no_calendar_has_is_an_error_of_the_event(load_event: LoadEvent, time: object) -> None:
    event = load_event("training_job_completed")
    event["detail"]["TrainingStartTime"] = time
    with pytest.raises(ValidationError, match="TrainingStartTime"):
        NOTICE.validate_python(event)


@pytest.mark.parametrize(
    ("status", "ended"),
    [("InProgress", False), ("Stopping", False), ("Completed", True), ("Failed", True), ("Stopped", True)],
)
def test_a_job_has_ended_when_nothing_follows_its_status(status: str, ended: bool) -> None:
    assert TrainingJob.model_validate({"TrainingJobName": RUN, "TrainingJobStatus": status}).has_ended == ended


def test_a_function_that_gave_up_is_read_out_of_its_sns_message(load_event: LoadEvent) -> None:
    notice = NOTICE.validate_python(load_event("function_gave_up"))
    assert type(notice) is FailureNotice
    (failure,) = notice.failures()
    assert failure.function == "traindrop-Launcher-AbCdEf123456"
    assert failure.error.startswith("ClientError: An error occurred (ThrottlingException)")
    (upload,) = uploads_in(failure.request_payload)
    assert upload.key == "datasets/titanic/train/titanic train+1.csv"


def test_aws_may_add_fields_to_its_events_but_nobody_adds_any_to_ours(load_event: LoadEvent) -> None:
    theirs = load_event("training_job_completed")
    theirs["detail"]["NewInNovember"] = {"a": 1}
    assert NOTICE.validate_python(theirs)
    with pytest.raises(ValidationError, match="surprise"):
        RunChanged.model_validate({**load_event("run_rejected")["detail"], "surprise": 1})
