"""A stack with a webhook, Slack and Teams: what each is sent, by whom, and what becomes of what cannot be delivered.

In a local AWS of its own, since the other stack of this folder has no such targets.
"""

import hashlib
import hmac
import json
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock

import boto3
import pytest
from tests.pipeline.conftest import pointed_at
from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled
from tests.waiting import wait_for

from traindrop.run import Status
from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.deploy import deploy
from traindrop_cli.local.grants import read_grants
from traindrop_cli.local.settings import LocalSettings
from traindrop_cli.local_stack import read_inbox, repository, subscribe_inbox
from traindrop_cli.stack import DEFAULT_STACK, connect, point_at

CHAT = {
    "SlackWorkspaceId": "T0123ABCD", "SlackChannelId": "C0123ABCD",
    "TeamsTenantId": "0f1e2d3c-0000-4000-8000-0123456789ab", "TeamsTeamId": "1f1e2d3c-0000-4000-8000-0123456789ab",
    "TeamsChannelId": "19%3Aabc%40thread.tacv2",
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A web server on the loopback; `status` is how it answers."""

    status: int = 204
    requests: list[Request] = field(default_factory=list)

    def about(self, dataset: str) -> list[Request]:
        return [each for each in self.requests if f'\\"dataset\\": \\"{dataset}\\"'.encode() in each.body]


@pytest.fixture(scope="module")
def receiver() -> Iterator[tuple[Receiver, str]]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.requests.append(Request({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: pytest shows what is wrong."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found, f"http://127.0.0.1:{server.server_address[1]}/hook"
        server.shutdown()


@pytest.fixture(scope="module")
def deployed(receiver: tuple[Receiver, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    grants = tmp_path_factory.mktemp("grants") / "grants.jsonl"
    parameters = {"TrainingScripts": str(repository() / "training_scripts"), "WebhookUrl": receiver[1], **CHAT}
    with LocalAws.start(LocalSettings(grants_file=grants, retry_seconds=0.1)) as aws:
        with mock.patch.dict(os.environ):
            point_at(aws.endpoint_url)
            deploy(aws.endpoint_url, repository() / "template.yaml", DEFAULT_STACK, parameters)
            stack = connect(DEFAULT_STACK, aws.endpoint_url)
        yield Pipeline(stack, tmp_path_factory.mktemp("targets"), grants)
    aws.log_file.unlink(missing_ok=True)


@pytest.fixture
def stack(deployed: Pipeline) -> Iterator[Pipeline]:
    with pointed_at(deployed) as stack:
        yield stack


def verified(request: Request, key: str) -> dict[str, Any]:
    """What the request says, once its signature was found to be right: as docs/messages.md has it."""
    headers, payload = request.headers, json.loads(request.body)["payload"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{payload}".encode()
    digest = b64encode(hmac.new(b64decode(key), signed, hashlib.sha256).digest()).decode()
    assert f"v1,{digest}" in headers["webhook-signature"].split()
    found: dict[str, Any] = json.loads(payload)
    return found


def key_of(stack: Pipeline) -> str:
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=stack.output("WebhookKey"))
    return str(secret["SecretString"])


def test_a_webhook_gets_each_message_as_a_post_whose_signature_it_can_verify(
    stack: Pipeline, receiver: tuple[Receiver, str]
) -> None:
    stack.drop("flowers", labelled(), target="label", hyperparameters=FEW_ROUNDS)
    (run,) = stack.told("flowers")
    assert run.status is Status.EVALUATED, run.reason
    (request,) = wait_for(lambda: receiver[0].about("flowers"))
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["traindrop-stack"] == DEFAULT_STACK
    found = verified(request, key_of(stack))
    assert found["type"] == "run.evaluated"
    assert (found["data"]["run"], found["data"]["dataset"]) == (run.run, "flowers")
    assert found["data"]["model"] == run.model_uri
    body = json.loads(request.body)
    names = {"id": "webhook-id", "timestamp": "webhook-timestamp", "signature": "webhook-signature"}
    assert {part: body[part] for part in names} == {part: request.headers[name] for part, name in names.items()}
    assert b"X-Amz-Security-Token" not in request.body


def test_a_webhooks_key_is_in_no_event_no_log_and_no_setting(stack: Pipeline, receiver: tuple[Receiver, str]) -> None:
    stack.drop("tulips", b"")
    stack.told("tulips")
    wait_for(lambda: receiver[0].about("tulips"))
    key = key_of(stack)
    assert len(key) == 64
    assert key.isalnum()
    assert all(key.encode() not in request.body and key not in str(request.headers) for request in receiver[0].requests)
    assert stack.log("Notifier", key) == []
    function: Any = boto3.client("lambda").get_function_configuration(FunctionName=stack.resource("Notifier"))
    assert key not in json.dumps(function, default=str)


def test_what_a_webhook_does_not_take_is_tried_again_and_then_waits_in_the_dead_letter_queue(
    stack: Pipeline, receiver: tuple[Receiver, str]
) -> None:
    receiver[0].status = 503
    try:
        stack.drop("weeds", b"")
        stack.told("weeds")
        (letter,) = wait_for(stack.dead_letters)
    finally:
        receiver[0].status = 204
    assert letter["detail-type"] == "Message Sent"
    tries = receiver[0].about("weeds")
    assert len(tries) == 3
    assert len({each.headers["webhook-id"] for each in tries}) == 1


def test_a_chat_gets_what_amazon_q_takes_from_a_topic(stack: Pipeline) -> None:
    topic = next(
        each["TopicArn"] for each in boto3.client("sns").list_topics()["Topics"] if "ChatMessages" in each["TopicArn"]
    )
    subscribe_inbox(topic, "chat")
    stack.drop("*roses*", b"")
    stack.told("*roses*")
    (envelope,) = wait_for(lambda: read_inbox("chat"))
    found = json.loads(envelope["Message"])
    assert (found["version"], found["source"]) == ("1.0", "custom")
    assert found["content"]["textType"] == "client-markdown"
    assert "rejected" in found["content"]["title"]
    assert "*" not in found["content"]["description"]
    assert envelope["MessageAttributes"]["outcome"]["Value"] == "rejected"


def test_every_permission_that_targets_need_was_used(stack: Pipeline) -> None:
    used = {(each.sid, each.action) for each in read_grants(stack.grants)}
    assert {
        ("PublishToChat", "sns:Publish"),
        ("SignForWebhook", "secretsmanager:GetSecretValue"),
        ("TellWebhook", "events:PutEvents"),
        ("CallWebhook", "events:InvokeApiDestination"),
    } <= used
