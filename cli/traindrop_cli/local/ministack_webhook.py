"""API destinations and chat channels in MiniStack (1.5.33), as template.yaml needs them; a part of `ministack_adapter`.

MiniStack calls an API destination with the target's parameters, but its CloudFormation makes none, it asks no role, and
it tries once. Here the target's role is asked, a delivery is tried again, and one that fails for good is a dead letter.
Not covered: the pace of retries (up to 185 over 24 hours in AWS), the rate limit, and that AWS demands https.
"""

import contextvars
import copy
import json
import logging
import os
import string
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from ministack.core import iam_evaluator, responses
from ministack.services import eventbridge, iam
from ministack.services.cloudformation import provisioners

from traindrop_cli.local import ministack_iam
from traindrop_cli.local.settings import ACCESS_KEY, REGION, SECRET_KEY

Made = tuple[str, dict[str, str]]

EVENTBRIDGE = "events.amazonaws.com"
RETRIES = 2
# After which EventBridge tries again; everything else from 300 up is final.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
_AGAIN = {401, 407, 409, 429}

logger = logging.getLogger(__name__)
# Target, rule and event of the delivery at hand.
_at_hand: contextvars.ContextVar[tuple[dict[str, Any], str, dict[str, Any]]] = contextvars.ContextVar("_at_hand")


def install(enforce_iam: bool, retry_seconds: float) -> None:
    """Make the resources of a webhook and of chats, and deliver to the webhook as EventBridge does."""
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::Events::Connection"] = {"create": _make_connection, "delete": _drop(eventbridge._delete_connection)}
    drop_destination = _drop(eventbridge._delete_api_destination)
    handlers["AWS::Events::ApiDestination"] = {"create": _make_destination, "delete": drop_destination}
    # No chat is reachable from here: what it would be sent is what its topic is sent.
    for kind in ("SlackChannelConfiguration", "MicrosoftTeamsChannelConfiguration"):
        handlers[f"AWS::Chatbot::{kind}"] = {"create": _make_channel, "delete": lambda _name, _properties: None}
    _make_passwords_without_punctuation()
    invoke = eventbridge._invoke_target

    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        delivered = (view or eventbridge._pattern_event_view(event)).event_with_detail()
        token = _at_hand.set((target, rule["Arn"], delivered))
        try:
            invoke(target, event, rule, view)
        finally:
            _at_hand.reset(token)

    def dispatch(spec: Any, payload: str, resolved: dict[str, Any]) -> None:
        target, rule, event = _at_hand.get()
        if enforce_iam and not _may_call(target, rule):
            logger.warning("The role of the rule %s does not allow EventBridge to call %s.", rule, target["Arn"])
            return
        # Its tables are of the request's account: what is needed of them is read here, not in the thread.
        destination = eventbridge._api_destinations.get(spec.resource.split("/")[1])
        connection = copy.deepcopy(eventbridge._connections.get(destination["ConnectionArn"].rpartition("/")[2]))
        request = eventbridge._build_api_destination_request(
            destination, connection, resolved["HttpParameters"], payload
        )
        deliver = (request, connection, target, rule, event, retry_seconds)
        threading.Thread(target=_deliver, args=deliver, daemon=True, name="webhook").start()

    eventbridge._invoke_target = invoke_target
    eventbridge._dispatch_to_api_destination = dispatch


def _deliver(
    request: dict[str, Any],
    connection: dict[str, Any],
    target: dict[str, Any],
    rule: str,
    event: dict[str, Any],
    retry_seconds: float,
) -> None:
    tries, failure = 0, ""
    while tries <= RETRIES:
        tries += 1
        try:
            headers = eventbridge._connection_auth_headers(connection, None)
            status = eventbridge._api_destination_send_sync(request, headers)
        except OSError as error:
            failure = f"the endpoint was not reached: {error}"
        else:
            if status < 300:
                return
            failure = f"the endpoint answered with status {status}"
            if status not in _AGAIN and status < 500:
                break
        time.sleep(retry_seconds)
    _bury(target, rule, event, tries, failure)


def _bury(target: dict[str, Any], rule: str, event: dict[str, Any], tries: int, failure: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
    queue = target.get("DeadLetterConfig", {}).get("Arn")
    if queue is None:
        logger.warning("The event of %s is lost: %s.", rule, failure)
        return
    attributes = {
        "RULE_ARN": rule, "TARGET_ARN": target["Arn"], "ERROR_CODE": "SDK_CLIENT_ERROR", "ERROR_MESSAGE": failure,
        "RETRY_ATTEMPTS": str(tries - 1),
    }  # fmt: skip
    endpoint = f"http://{os.environ['MINISTACK_HOST']}:{os.environ['GATEWAY_PORT']}"
    sqs = boto3.client(
        "sqs", endpoint_url=endpoint, region_name=REGION, aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    values: Any = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    url = sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event), MessageAttributes=values)


def _may_call(target: Mapping[str, Any], rule: str) -> bool:
    """Whether EventBridge may assume the target's role for the rule, and that role may call the destination."""
    account, name = responses.get_account_id(), str(target.get("RoleArn", "")).rpartition("/")[2]
    role = iam._roles.get(name)
    if role is None:
        return False
    document = role["AssumeRolePolicyDocument"]
    trust = json.loads(document) if isinstance(document, str) else document
    if not ministack_iam.trusts(trust, EVENTBRIDGE, account, rule):
        return False
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/EventBridge",
        principal_type="AssumedRole",
        principal_account=account,
        action="events:InvokeApiDestination",
        resource_arn=target["Arn"],
        region=responses.get_region(),
    )
    policies = iam_evaluator._gather_role_policies(name, account)
    return bool(iam_evaluator.evaluate(context, policies).decision == "Allow")


def _make_passwords_without_punctuation() -> None:
    """MiniStack's CloudFormation does not heed ExcludePunctuation of a generated secret."""
    secret_of = provisioners._sm_secret_string

    def without(properties: dict[str, Any]) -> str:
        wanted = properties.get("GenerateSecretString", {})
        if wanted.get("ExcludePunctuation"):
            excluded = wanted.get("ExcludeCharacters", "") + string.punctuation
            properties = {**properties, "GenerateSecretString": {**wanted, "ExcludeCharacters": excluded}}
        return str(secret_of(properties))

    provisioners._sm_secret_string = without


def _make_connection(_name: str, properties: dict[str, Any], _stack: str) -> Made:
    return _made(eventbridge._create_connection, "ConnectionArn", properties)


def _make_destination(_name: str, properties: dict[str, Any], _stack: str) -> Made:
    return _made(eventbridge._create_api_destination, "ApiDestinationArn", properties)


def _made(create: Callable[[dict[str, Any]], Any], arn: str, request: dict[str, Any]) -> Made:
    status, _, body = create(request)
    if status >= 400:
        raise ValueError(f"{request['Name']}: {body!r}")
    return request["Name"], {"Arn": json.loads(body)[arn]}


def _make_channel(name: str, properties: dict[str, Any], stack: str) -> Made:
    arn = f"arn:aws:chatbot::{responses.get_account_id()}:chat-configuration/{properties['ConfigurationName']}"
    return f"{stack}-{name}", {"Arn": arn}


def _drop(delete: Callable[[dict[str, Any]], Any]) -> Callable[[str, dict[str, Any]], None]:
    return lambda name, _properties: delete({"Name": name})
