"""Trainings that fail or are stopped, and parts of traindrop that give up: each is told, nothing is swallowed."""

import json
from typing import Any

import boto3
from tests.pipeline.pipeline import ENDLESS, FEW_ROUNDS, Pipeline, labelled
from tests.waiting import wait_for

from traindrop.clock import now
from traindrop.drop import SAMPLE_BYTES
from traindrop.ledger import Ledger
from traindrop.run import Run, Status


def beyond_the_check() -> bytes:
    """A CSV whose only mistake, a row with a field too few, lies beyond what the check reads."""
    header, *rows = labelled(2000).splitlines(keepends=True)
    return header + b"".join(rows) * (SAMPLE_BYTES // len(b"".join(rows)) + 1) + b"1.5,2\n"


def test_a_training_that_fails_is_told_with_its_reason_and_its_last_log_lines(pipeline: Pipeline) -> None:
    csv = beyond_the_check()
    pipeline.drop("breaks", csv, hyperparameters=FEW_ROUNDS)
    (run,) = pipeline.told("breaks")
    message = pipeline.message("breaks")
    line = f"line {csv.count(10)} has 2 fields, the header has 3"
    assert run.status is Status.FAILED
    assert line in (run.reason or "")
    assert message.subject == "[traindrop] breaks: training failed"
    assert line in " ".join(message.body.split("Last log lines")[0].split())
    assert f"data.csv: {line}" in message.body.split("Last log lines")[1]
    assert pipeline.read(run.evaluation_key) is None


def test_a_training_that_is_stopped_is_told_as_no_success(pipeline: Pipeline) -> None:
    pipeline.drop("stopped", labelled(), hyperparameters=ENDLESS)
    boto3.client("sagemaker").stop_training_job(TrainingJobName=pipeline.in_training("stopped").run)
    (run,) = pipeline.told("stopped")
    message = pipeline.message("stopped")
    assert run.status is Status.STOPPED
    assert message.subject == "[traindrop] stopped: stopped"
    assert "not a success" in message.body
    assert "stopped from outside" in message.body


def test_a_training_that_reaches_its_maximum_run_time_says_so(pipeline: Pipeline) -> None:
    """With a second instead of the minute that is the least for a person: launched as the launcher does it."""
    pipeline.drop("model-run", labelled(), hyperparameters=FEW_ROUNDS)
    (launched,) = pipeline.told("model-run")
    request = json.loads(pipeline.read(launched.request_key) or b"{}")
    slow = f"{pipeline.stack.name}-slow-1"
    request |= {"TrainingJobName": slow, "StoppingCondition": {"MaxRuntimeInSeconds": 1}}
    request["HyperParameters"] |= {"num_round": str(ENDLESS["num_round"]), "sagemaker_job_name": json.dumps(slow)}
    known = launched.model_dump(include={"bucket", "key", "etag", "size", "uploaded_at", "created_at", "launched_at"})
    running = Run(run=slow, dataset="slow", status=Status.IN_PROGRESS, **known)
    assert Ledger(pipeline.stack.table).accept(running, "the upload of slow", now())
    boto3.client("sagemaker").create_training_job(**request)
    (run,) = pipeline.told("slow")
    message = pipeline.message("slow")
    assert (run.status, message.outcome) == (Status.STOPPED, "stopped")
    assert "maximum run time" in " ".join(message.body.split())


def dead_letters_about(text: str, pipeline: Pipeline) -> list[dict[str, Any]]:
    """The dead letters whose event holds `text`, once there are some. Others are let go."""
    return wait_for(lambda: [found for found in pipeline.dead_letters() if text in json.dumps(found["requestPayload"])])


def test_a_launcher_that_fails_leaves_its_event_in_the_dead_letter_queue_and_the_person_is_told_once(
    pipeline: Pipeline,
) -> None:
    with pipeline.denied("Launcher", "dynamodb:PutItem"):
        pipeline.drop("unwritten", labelled())
        message = pipeline.message("unwritten")
    (run,) = pipeline.told("unwritten")
    assert (run.status, message.outcome) == (Status.FAILED, "internal_error")
    assert message.subject == "[traindrop] unwritten: internal error"
    assert "dynamodb:PutItem" in message.body
    assert pipeline.job(run.run) is None
    (letter,) = dead_letters_about("datasets/unwritten/train/data.csv", pipeline)
    assert letter["requestContext"]["condition"] == "RetriesExhausted"
    assert len(pipeline.messages("unwritten")) == 1


def test_an_evaluator_that_fails_leaves_its_events_in_the_dead_letter_queue_and_the_person_is_told_once(
    pipeline: Pipeline,
) -> None:
    with pipeline.denied("Evaluator", "s3:PutObject"):
        pipeline.drop("unscored", labelled(), hyperparameters=FEW_ROUNDS)
        message = pipeline.message("unscored")
        (run,) = pipeline.told("unscored")
        # The event comes twice. Once the first is given up the run has ended, and the second may find nothing to do.
        assert dead_letters_about(run.run, pipeline)
    assert (run.status, message.outcome) == (Status.EVALUATION_FAILED, "internal_error")
    assert "s3:PutObject" in message.body
    pipeline.wait_until_idle("Notifier")
    assert len(pipeline.messages("unscored")) == 1


def test_a_message_that_cannot_be_sent_leaves_its_event_in_the_dead_letter_queue(
    pipeline: Pipeline,
) -> None:
    with pipeline.denied("Notifier", "sns:Publish"):
        pipeline.drop("untold", b"")
        (run,) = wait_for(lambda: pipeline.runs("untold"))
        assert dead_letters_about(run.run, pipeline)
        pipeline.wait_until_idle("Notifier")
    (run,) = pipeline.runs("untold")
    assert run.notified_at is None
    assert pipeline.messages("untold") == []


def test_an_event_that_the_dispatcher_cannot_read_waits_in_the_dead_letter_queue_and_nobody_is_told(
    pipeline: Pipeline,
) -> None:
    entry: Any = {"Source": "traindrop.traindrop", "DetailType": "Stop Requested", "Detail": '{"run": "unreadable"}'}
    boto3.client("events").put_events(Entries=[entry])
    (letter,) = dead_letters_about("unreadable", pipeline)
    assert letter["requestContext"]["functionArn"].rpartition(":")[2] == pipeline.resource("Dispatcher")
    pipeline.messages("")
    assert [message for message in pipeline.inbox if "unreadable" in message.body] == []
