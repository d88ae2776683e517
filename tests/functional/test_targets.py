"""Where else a message goes: filtered subscriptions, links, chats and the webhook, in an account of moto's."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from functions.notifier.app import lambda_handler
from tests.builders import a_context, a_run, client_error, stored
from tests.clients import forget_clients
from tests.conftest import LoadEvent
from tests.functional.conftest import BUCKET, Account

from traindrop import aws
from traindrop.run import Status
from traindrop.webhook import signature

NAME = "traindrop-titanic-0123456789ab"
ROLE = "arn:aws:iam::123456789012:role/traindrop-LinkRole-1A2B3C4D5E6F"
MOMENT = datetime(2026, 11, 12, tzinfo=UTC)
EVALUATED: dict[str, Any] = {
    "status": Status.EVALUATED, "bucket": BUCKET, "launched_at": MOMENT, "training_ended_at": MOMENT,
    "metrics": {"auc": 0.87}, "main_metric": "auc",
}  # fmt: skip


def record(account: Account, **fields: Any) -> None:
    stored(account.ledger, a_run(run=NAME, dataset="titanic", **fields))


def notify(load_event: LoadEvent, event: str) -> None:
    assert lambda_handler(load_event(event), a_context())["told"] == [NAME]


def a_queue(name: str, topic: str, policy: dict[str, Any] | None = None) -> str:
    """A queue that is subscribed to a topic; its address."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    filtered = {} if policy is None else {"FilterPolicy": json.dumps(policy)}
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=filtered)
    return url


@pytest.mark.parametrize(
    ("policy", "gets_it"),
    [
        ({"dataset": ["titanic"]}, True),
        ({"dataset": ["flowers"]}, False),
        ({"outcome": ["rejected", "failed"]}, True),
        ({"outcome": ["evaluated"]}, False),
        ({"dataset": ["titanic"], "outcome": [{"anything-but": "repeated"}]}, True),
        ({"dataset": [{"prefix": "tit"}], "outcome": [{"anything-but": "rejected"}]}, False),
    ],
)
def test_a_subscriber_gets_the_messages_that_its_filter_policy_names(
    account: Account, load_event: LoadEvent, policy: dict[str, Any], gets_it: bool
) -> None:
    queue = a_queue("filtered", account.topic, policy)
    record(account, status=Status.REJECTED, reason="it is empty")
    notify(load_event, "run_rejected")
    assert len(list(account._drain(queue))) == gets_it


def test_model_and_report_have_links_that_end_with_the_session_that_signed_them(
    account: Account, load_event: LoadEvent
) -> None:
    for key in (f"runs/{NAME}/output/model.tar.gz", f"runs/{NAME}/report.html"):
        account.put(key, b"content")
    record(account, **EVALUATED)
    notify(load_event, "model_evaluated")
    ((_, body),) = account.mails()
    links = [urlsplit(word) for word in body.split() if word.startswith("https://")]
    assert [link.path.removeprefix(f"/{BUCKET}") for link in links] == [
        f"/runs/{NAME}/report.html",
        f"/runs/{NAME}/output/model.tar.gz",
    ]
    for link in links:
        asked = parse_qs(link.query)
        assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert asked["X-Amz-Security-Token"] != []
        assert 3500 < int(asked["X-Amz-Expires"][0]) <= 3600
    assert f"  Report      s3://{BUCKET}/runs/{NAME}/report.html\n" in body


def test_what_is_not_there_has_no_line(account: Account, load_event: LoadEvent) -> None:
    account.put(f"runs/{NAME}/report.html.bak", b"another")
    record(account, **EVALUATED)
    notify(load_event, "model_evaluated")
    ((_, body),) = account.mails()
    assert "Report" not in body
    assert "https://" not in body


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_link_names_its_region_so_that_no_redirection_breaks_its_signature(
    account: Account, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    account.put("runs/a/report.html", b"content")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    forget_clients()
    found = aws.places(BUCKET, ["runs/a/report.html"], ROLE)
    link = urlsplit(found.links["runs/a/report.html"])
    assert link.hostname == ("s3.amazonaws.com" if region == "us-east-1" else f"s3.{region}.amazonaws.com")
    assert f"/{region}/s3/aws4_request" in parse_qs(link.query)["X-Amz-Credential"][0]
    assert found.links_end is not None
    assert timedelta(minutes=55) < found.links_end - datetime.now(UTC) <= timedelta(hours=1)


def test_a_message_goes_out_without_links_where_none_can_be_made(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    def deny(*_: object) -> None:
        raise client_error("AssumeRole", "AccessDenied", "is not authorized to perform: sts:AssumeRole")

    monkeypatch.setattr(aws, "places", deny)
    record(account, **EVALUATED)
    notify(load_event, "model_evaluated")
    ((_, body),) = account.mails()
    assert f"s3://{BUCKET}/runs/{NAME}/output/model.tar.gz" in body
    assert "no links could be made" in logged()


@pytest.fixture
def webhook_key(account: Account, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001
    """The key of a stack that has a webhook."""
    key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = boto3.client("secretsmanager").create_secret(Name="WebhookKey", SecretString=key)
    monkeypatch.setenv("WEBHOOK_KEY_ARN", made["ARN"])
    return key


def test_with_a_webhook_the_message_is_an_event_too_signed_with_the_key_of_that_moment(
    account: Account, load_event: LoadEvent, webhook_key: str
) -> None:
    record(account, status=Status.REJECTED, reason="it is empty")
    notify(load_event, "run_rejected")
    (event,) = account.events()
    assert event["detail-type"] == "Message Sent"
    found = event["detail"]
    assert found["signature"] == signature(found["id"], found["timestamp"], found["payload"], webhook_key)
    assert json.loads(found["payload"])["data"]["reason"] == "it is empty"
    assert len(account.mails()) == 1


def test_a_webhooks_event_that_was_sent_before_a_failure_is_sent_again_under_its_id_and_the_message_once(
    account: Account,
    load_event: LoadEvent,
    webhook_key: str,
    monkeypatch: pytest.MonkeyPatch,
    logged: Callable[[], str],
) -> None:
    record(account, status=Status.REJECTED, reason="it is empty")

    def throttle(*_: object) -> None:
        raise client_error("Publish", "ThrottledException", "Rate exceeded")

    with monkeypatch.context() as patched:
        patched.setattr(aws, "publish", throttle)
        with pytest.raises(Exception, match="Rate exceeded"):
            notify(load_event, "run_rejected")
    notify(load_event, "run_rejected")
    first, second = account.events()
    assert first["detail"]["id"] == second["detail"]["id"]
    assert len(account.mails()) == 1
    assert webhook_key not in logged()


def test_a_key_that_is_none_keeps_nobody_from_the_mail_and_is_not_logged(
    account: Account, load_event: LoadEvent, webhook_key: str, logged: Callable[[], str]
) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="WebhookKey", SecretString=f"{webhook_key}!?")
    record(account, status=Status.REJECTED, reason="it is empty")
    notify(load_event, "run_rejected")
    assert account.events() == []
    assert len(account.mails()) == 1
    text = logged()
    assert "its key is no base64" in text
    assert webhook_key not in text


def test_with_a_chat_its_topic_gets_the_message_in_its_own_format_and_the_attributes(
    account: Account, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = boto3.client("sns").create_topic(Name="chat")["TopicArn"]
    queue = a_queue("chat", topic, {"outcome": ["rejected"]})
    monkeypatch.setenv("CHAT_TOPIC_ARN", topic)
    record(account, status=Status.REJECTED, reason="it is empty")
    notify(load_event, "run_rejected")
    (envelope,) = map(json.loads, account._drain(queue))
    assert "it is empty" in json.loads(envelope["Message"])["content"]["description"]
    ((_, body),) = account.mails()
    assert not body.startswith("{")
