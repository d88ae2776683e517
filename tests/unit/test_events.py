"""Events: each sample of events/ is read into its one model, and ours stay as strict as they were written."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from tests.builders import classic_event
from tests.conftest import LoadEvent

from traindrop.events import FailureNotice, OurEvent, RunEnded, TrainingJobStateChange, uploads_in
from traindrop.notifying import NOTICE
from traindrop.run import Status

RUN = "traindrop-titanic-0123456789ab"


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
        uploads_in(event)


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
        ("launch_failed", "Launch Failed", Status.FAILED),
        ("model_evaluated", "Model Evaluated", Status.EVALUATED),
        ("evaluation_failed", "Evaluation Failed", Status.EVALUATION_FAILED),
    ],
)
def test_an_event_of_ours_is_read_whole(load_event: LoadEvent, name: str, detail_type: str, status: Status) -> None:
    event = load_event(name)
    notice = NOTICE.validate_python(event)
    assert type(notice) is OurEvent
    assert (notice.detail_type, notice.detail.status, notice.detail.run) == (detail_type, status, RUN)
    assert notice.detail.model_dump(mode="json", exclude_defaults=True) == event["detail"]


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
        RunEnded.model_validate({**load_event("run_rejected")["detail"], "surprise": 1})
