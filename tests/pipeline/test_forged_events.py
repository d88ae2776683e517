"""Events that are not the stack's: who may put one on the bus, and what becomes of those that arrive all the same."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.pipeline.pipeline import Pipeline
from tests.waiting import wait_for

from traindrop.run import Status


@pytest.fixture
def stranger(pipeline: Pipeline) -> Iterator[Any]:
    """EventBridge as a user of the account sees it who may put events of a program of theirs, and nothing else."""
    iam, name = boto3.client("iam"), f"stranger-of-{pipeline.stack.name}"
    only = {"StringEquals": {"events:source": "their.program"}}
    allowed = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*", "Condition": only}
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps({"Statement": [allowed]}))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield boto3.client("events", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="own")
    iam.delete_user(UserName=name)


def an_event(source: str, detail_type: str, detail: dict[str, Any]) -> Any:
    return {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}


def a_success(pipeline: Pipeline, run: str) -> Any:
    """An event of ours that praises a run."""
    detail = {"run": run, "dataset": "forged", "status": "Evaluated", "main_metric": "auc", "metrics": {"auc": 1.0}}
    return an_event(f"traindrop.{pipeline.stack.name}", "Model Evaluated", detail)


def test_who_has_no_right_to_the_stacks_source_puts_no_event_of_it(pipeline: Pipeline, stranger: Any) -> None:
    answer = stranger.put_events(Entries=[an_event("their.program", "Hello", {})])
    assert answer["FailedEntryCount"] == 0
    for entries in ([a_success(pipeline, "a")], [an_event("their.program", "Hello", {}), a_success(pipeline, "a")]):
        with pytest.raises(ClientError, match="not authorized to perform: events:PutEvents"):
            stranger.put_events(Entries=entries)


def test_nobody_puts_an_event_of_sagemakers_or_of_s3s(pipeline: Pipeline) -> None:  # noqa: ARG001 - the local AWS
    for source in ("aws.sagemaker", "aws.s3"):
        answer = boto3.client("events").put_events(Entries=[an_event(source, "Object Created", {})])
        assert answer["FailedEntryCount"] == 1
        assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


def test_a_forged_success_that_does_arrive_changes_nothing_and_sends_no_second_message(pipeline: Pipeline) -> None:
    pipeline.drop("forged", b"")
    (run,) = pipeline.told("forged")
    assert run.status is Status.REJECTED
    handled = len(pipeline.log("Notifier", "END RequestId"))
    answer = boto3.client("events").put_events(Entries=[a_success(pipeline, run.run), a_success(pipeline, "unknown")])
    assert answer["FailedEntryCount"] == 0
    wait_for(lambda: len(pipeline.log("Notifier", "END RequestId")) >= handled + 2)
    pipeline.wait_until_idle("Notifier")
    assert pipeline.runs("forged") == [run]
    assert [message.outcome for message in pipeline.messages("forged")] == ["rejected"]


def test_an_upload_of_another_bucket_that_is_handed_to_the_launcher_directly_is_refused_and_told_to_nobody(
    pipeline: Pipeline,
) -> None:
    event = {
        "source": "aws.s3", "detail-type": "Object Created", "account": "000000000000", "time": "2026-11-12T00:00:00Z",
        "detail": {"bucket": {"name": "theirs"}, "object": {"key": "datasets/foreign/train/a.csv", "etag": "e"}},
    }  # fmt: skip
    function = pipeline.resource("Launcher")
    answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    assert "FunctionError" not in answer
    why = f"the event is of bucket 'theirs'; this stack's is '{pipeline.stack.bucket}'"
    assert json.loads(answer["Payload"].read()) == {"refused": why}
    assert pipeline.log("Launcher", "refused a foreign event")
    assert pipeline.runs("foreign") == []
    assert pipeline.messages("foreign") == []
    assert pipeline.dead_letters() == []
