"""`traindrop redrive`: a function broke down and was mended; what it gave up on is done after all."""

import json
from collections.abc import Iterator

import boto3
import pytest
from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled
from tests.waiting import wait_for

from traindrop.run import Status


@pytest.fixture(autouse=True)
def empty_queue(pipeline: Pipeline) -> Iterator[None]:
    """Other tests' dead letters are none of these."""
    pipeline.dead_letters()
    yield
    pipeline.dead_letters()


def wait_for_letter(pipeline: Pipeline, about: str) -> None:
    wait_for(lambda: about in pipeline.traindrop("redrive", "--dry-run").stdout)


def test_an_upload_that_the_launcher_broke_down_over_is_trained_on_after_it_was_mended(pipeline: Pipeline) -> None:
    with pipeline.denied("Launcher", "s3:PutObject"):
        # Without a training.yaml, whose own event could be a second upload that fails.
        pipeline.drop("mended", labelled())
        (failed,) = pipeline.told("mended")
        wait_for_letter(pipeline, "Launcher: upload datasets/mended/train/data.csv")
    assert failed.status is Status.FAILED
    refused = pipeline.traindrop("rerun", failed.run)
    assert (refused.returncode, "traindrop redrive" in refused.stderr) == (3, True)

    done = pipeline.traindrop("redrive")
    assert done.returncode == 0, done.stderr
    assert "put back  Launcher: upload datasets/mended/train/data.csv" in done.stdout
    (run, earlier) = pipeline.told("mended", runs=2)
    assert (run.status, earlier) == (Status.EVALUATED, failed)
    assert [message.outcome for message in pipeline.messages("mended")] == ["internal_error", "evaluated"]
    assert "No dead letters wait" in pipeline.traindrop("redrive").stdout


def test_a_model_that_the_evaluator_broke_down_over_is_evaluated_after_it_was_mended(pipeline: Pipeline) -> None:
    with pipeline.denied("Evaluator", "s3:PutObject"):
        pipeline.drop("rescored", labelled(), hyperparameters=FEW_ROUNDS)
        (failed,) = pipeline.told("rescored")
        wait_for_letter(pipeline, f"Evaluator: training job {failed.run} Completed")
    assert failed.status is Status.EVALUATION_FAILED
    assert f"{failed.run}, which it had ended, is decided on anew" in pipeline.traindrop("redrive").stdout
    wait_for(lambda: pipeline.runs("rescored")[0].status is Status.EVALUATED)
    assert [run.run for run in pipeline.told("rescored")] == [failed.run]
    assert [message.outcome for message in pipeline.messages("rescored")] == ["internal_error", "evaluated"]


def test_a_message_that_could_not_be_sent_is_sent_once_after_the_notifier_was_mended(pipeline: Pipeline) -> None:
    with pipeline.denied("Notifier", "sns:Publish"):
        pipeline.drop("unsent", b"")
        wait_for_letter(pipeline, "Notifier: Run Rejected of traindrop-unsent")
        pipeline.wait_until_idle("Notifier")
    assert pipeline.messages("unsent") == []
    assert pipeline.traindrop("redrive").returncode == 0
    assert pipeline.message("unsent").outcome == "rejected"
    pipeline.wait_until_idle("Notifier")
    assert len(pipeline.messages("unsent")) == 1


def test_what_cannot_be_understood_stays_in_the_queue_and_is_named(pipeline: Pipeline) -> None:
    sqs, queue = boto3.client("sqs"), pipeline.output("DeadLetterQueue")
    sent = sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"hello": "world"}))["MessageId"]
    for _ in range(2):
        done = pipeline.traindrop("redrive")
        assert done.returncode == 1
        assert f"stays     message {sent}" in done.stdout
    ((message,),) = [sqs.receive_message(QueueUrl=queue)["Messages"]]
    assert message["MessageId"] == sent
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
