"""With `ministack_iam` and `ministack_webhook` the only file that touches MiniStack's private API (1.5.33).

Tests check that each hook exists.

Importing it imports MiniStack, which reads its settings from the environment at that moment: see `server`.
"""

import asyncio
import contextvars
import hashlib
import json
import logging
import os
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any

from ministack import app as ministack_app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, responses, router
from ministack.services import dynamodb, eventbridge, iam, lambda_svc, s3, sts
from ministack.services.cloudformation import provisioners

from traindrop.job_state import Scope, training_job_arn
from traindrop_cli.local import ministack_iam, ministack_webhook
from traindrop_cli.local.grants import Grant
from traindrop_cli.local.sagemaker import model_registry
from traindrop_cli.local.sagemaker.surroundings import Credentials, Surroundings
from traindrop_cli.local.sagemaker.tuning_state import tuning_job_arn

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[Response]]
Call = Callable[[str, Scope, Mapping[str, Any]], Awaitable[Response]]
Tags = Callable[[Scope, str], Mapping[str, str]]

SAGEMAKER = "sagemaker.amazonaws.com"
SESSION_SECONDS = 12 * 3600

logger = logging.getLogger(__name__)


def asgi_app() -> Any:
    """The ASGI application that serves every service."""
    return ministack_app.app


def install(
    call: Call, tags: Tags, *, concurrent_invocations: int, granted: Callable[[Grant], None] | None = None
) -> None:
    """Serve SageMaker by `call`, and invoke Lambda functions from rules asynchronously, as AWS does.

    `tags` tells those of a job by its ARN, for policies that ask for them; `granted` is told each permission of a role
    that allowed a request.
    """

    async def handler(
        _method: str, _path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        scope = Scope(responses.get_account_id(), responses.get_region())
        parameters = json.loads(body or b"{}")
        held = {} if operation.startswith("Create") else tags(scope, _resource(operation, scope, parameters))
        denied = _denied(operation, scope, parameters, held, router.extract_access_key_id(headers, query))
        return denied or await call(operation, scope, parameters)

    ministack_app.SERVICE_HANDLERS["sagemaker"] = handler
    # Without a pattern MiniStack would search every botocore model for the service (590 MB).
    router.SERVICE_PATTERNS["sagemaker"] = {"target_prefixes": ["SageMaker."], "host_patterns": []}
    eventbridge._dispatch_to_lambda = _invoke_asynchronously
    _queue_asynchronous_events(concurrent_invocations)
    _invoke_destinations_asynchronously()
    # A query checks the grammar of its condition for each item anew: two thirds of its time.
    dynamodb._condition_syntax_error = lru_cache(1024)(dynamodb._condition_syntax_error)
    _give_object_events_their_version()
    _give_policies_their_condition_keys()
    _take_alarms_on_metric_math()
    ministack_iam.install(granted)
    ministack_webhook.install(ministack_app.AUTH, float(os.environ["LAMBDA_ASYNC_RETRY_BASE_SECONDS"]))
    # The loopback stands for TLS: else every policy that demands aws:SecureTransport would deny each call.
    pin = iam_evaluator.pin_request_origin
    ministack_app.pin_request_origin = lambda source_ip, _secure: pin(source_ip, True)


def surroundings() -> Surroundings:
    """Roles and the event bus, as the training service needs them."""
    return Surroundings(can_assume=_can_assume, assume=_assume, emit=_emit)


def end_lambda_workers() -> None:
    """End the processes that the handlers run in."""
    lambda_runtime.reset()


def owner_of(access_key: str) -> str:
    """Whose access key it is: the name of a role's session, for a handler that of its function; else the key itself."""
    session = sts._sessions.get(access_key)
    return access_key if session is None else str(session["Arn"]).rpartition("/")[2]


def answer(content: Mapping[str, Any], status: int = 200) -> Response:
    """A response of SageMaker's protocol."""
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(content).encode()


def _invoke_asynchronously(arn: str, payload: str) -> None:
    """EventBridge's own dispatch calls once; AWS retries and then sends to the OnFailure destination."""
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        logger.warning("EventBridge: no function %s to invoke", name)
        return
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), json.loads(payload))


def _queue_asynchronous_events(most: int) -> None:
    """Lambda keeps asynchronous events until an environment is free; MiniStack starts a process for each at once.

    Hundreds that start at the same moment take minutes to start, and those beyond its limit would use up their tries.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
    """
    environments: defaultdict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(most))
    is_queued: contextvars.ContextVar[bool] = contextvars.ContextVar("is_queued", default=False)
    invoke, execute = lambda_svc.invoke_async_with_retry, lambda_svc._execute_function

    def invoke_from_queue(func: dict[str, Any], event: Any) -> None:
        token = is_queued.set(True)  # its thread starts with a copy of this context
        try:
            invoke(func, event)
        finally:
            is_queued.reset(token)

    def execute_when_free(func: dict[str, Any], event: Any) -> Any:
        if not is_queued.get():  # somebody waits for the answer; or called again by itself below
            return execute(func, event)
        with environments[(func.get("config") or func)["FunctionArn"]]:
            token = is_queued.set(False)
            try:
                return execute(func, event)
            finally:
                is_queued.reset(token)

    lambda_svc.invoke_async_with_retry = invoke_from_queue
    lambda_svc._execute_function = execute_when_free


def _invoke_destinations_asynchronously() -> None:
    """A function that is another's OnFailure destination is invoked as by an event; MiniStack calls it once.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    route = lambda_svc._route_async_failure

    def route_to_queue(target_arn: str, func_name: str, event: Any, result: dict[str, Any]) -> None:
        if ":function:" not in target_arn:
            route(target_arn, func_name, event, result)
            return
        arn = lambda_svc._functions[func_name]["config"]["FunctionArn"]
        record = {
            "requestContext": {"functionArn": arn, "condition": "RetriesExhausted"},
            "requestPayload": event,
            "responsePayload": result.get("body"),
        }
        _invoke_asynchronously(target_arn, json.dumps(record))

    lambda_svc._route_async_failure = route_to_queue


def _give_object_events_their_version() -> None:
    """S3's events name the version of the object in a versioned bucket; MiniStack's EventBridge events leave it out.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    version: contextvars.ContextVar[str | None] = contextvars.ContextVar("version", default=None)
    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event

    def fire_with_version(*arguments: Any, **named: Any) -> None:
        token = version.set(named.get("version_id"))
        try:
            fire(*arguments, **named)
        finally:
            version.reset(token)

    def dispatch_with_version(event: dict[str, Any], view: Any = None) -> None:
        if event["Source"] == "aws.s3" and version.get() is not None:
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version.get()
            event, view = {**event, "Detail": json.dumps(detail)}, None
        dispatch(event, view)

    s3._fire_s3_event = fire_with_version
    eventbridge._dispatch_event = dispatch_with_version


def _give_policies_their_condition_keys() -> None:
    """PutEvents is authorized with the events' own source and detail type, an item of a table by its key, which
    MiniStack does not tell policies.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    context_of = iam_actions.request_tag_context

    def with_keys(service: str, action: str, body: bytes, parameters: Any) -> dict[str, Any]:
        context: dict[str, Any] = dict(context_of(service, action, body, parameters))
        if action == "events:PutEvents":
            entries = json.loads(body or b"{}").get("Entries", [])
            for key, field in (("events:source", "Source"), ("events:detail-type", "DetailType")):
                values = sorted({entry.get(field, "") for entry in entries})
                context[key] = values[0] if len(values) == 1 else values
        if action in {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}:
            # Of a table without a sort key. PutItem names no key, and would have to be looked up.
            context["dynamodb:LeadingKeys"] = [
                text for key in json.loads(body)["Key"].values() for text in key.values()
            ]
        return context

    iam_actions.request_tag_context = with_keys


def _take_alarms_on_metric_math() -> None:
    """MiniStack's CloudFormation refuses alarms on several metrics. Here they are made, and described with them.

    They stay without data: MiniStack evaluates alarms on one metric alone.
    """
    record_of = provisioners._cw_metric_alarm_record

    def with_metrics(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        metrics = properties.get("Metrics")
        if not metrics:
            return dict(record_of(name, properties))
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        alarm = record_of(name, {**rest, "MetricName": "none", "Namespace": "none"})
        one_metric = {"MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit"}
        return {key: value for key, value in alarm.items() if key not in one_metric} | {"Metrics": metrics}

    provisioners._cw_metric_alarm_record = with_metrics


def _emit(scope: Scope, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
    """Put the event on the server's loop, where every other change of MiniStack's tables happens too."""
    entry = {"Source": "aws.sagemaker", "DetailType": detail_type, "Resources": resources}
    entry |= {"Detail": json.dumps(detail), "EventBusName": "default"}

    async def put() -> None:
        with responses.request_scope(scope.account, scope.region):
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    asyncio.run_coroutine_threadsafe(put(), ministack_app._MAIN_LOOP).result()


def _can_assume(scope: Scope, role_arn: str, source_arn: str) -> bool:
    if not ministack_app.AUTH:
        return True
    with responses.request_scope(scope.account, scope.region):
        role = iam._roles.get(role_arn.rpartition("/")[2])
        if role is None or role["Arn"] != role_arn:
            return False
        document = role["AssumeRolePolicyDocument"]
        trust = json.loads(document) if isinstance(document, str) else document
        return ministack_iam.trusts(trust, SAGEMAKER, scope.account, source_arn)


def _assume(scope: Scope, role_arn: str, session: str) -> Credentials:
    """Credentials of a session that SageMaker opens as the role: its permissions hold for the training."""
    if not ministack_app.AUTH:
        return {"aws_access_key_id": scope.account, "aws_secret_access_key": "test", "aws_session_token": None}
    token = secrets.token_hex(32)
    key = f"ASIA{hashlib.sha256(token.encode()).hexdigest()[:16].upper()}"
    role = role_arn.rpartition("/")[2]
    secret = secrets.token_hex(20)
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{scope.account}:assumed-role/{role}/{session}",
            "UserId": f"{role}:{session}",
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": time.time() + SESSION_SECONDS,
        },
    )
    return {"aws_access_key_id": key, "aws_secret_access_key": secret, "aws_session_token": token}


def _denied(
    operation: str, scope: Scope, parameters: Mapping[str, Any], held: Mapping[str, str], access_key: str
) -> Response | None:
    """The refusal of a call that the caller's policies do not allow; None where they do, or without AUTH."""
    if not ministack_app.AUTH:
        return None
    tagged = {f"aws:ResourceTag/{key}": value for key, value in held.items()}
    for action, resource, asked in _needed(operation, scope, parameters):
        service, context = action.partition(":")[0], asked | tagged
        result = iam_evaluator.enforce(
            access_key, action, service, scope.region, resource_arn=resource, service_context=context
        )
        if isinstance(result, iam_evaluator.AuthError):
            return answer({"__type": result.code, "message": result.message}, 403)
        if result is not None:
            explicit = result.decision == "Deny"
            message = iam_actions.identity_denial_message(action, result.principal_arn, resource, explicit)
            return answer({"__type": "AccessDeniedException", "message": message}, 400)
    return None


def _resource(operation: str, scope: Scope, parameters: Mapping[str, Any]) -> str:
    """The ARN that a call is checked for; `*` where it is about none (service authorization reference)."""
    if operation in model_registry.OPERATIONS:
        return model_registry.resource_arn(operation, scope, parameters)
    if name := parameters.get("TrainingJobName"):
        return training_job_arn(scope, name)
    if name := parameters.get("HyperParameterTuningJobName"):
        return tuning_job_arn(scope, name)
    return str(parameters.get("ResourceArn", "*"))


def _needed(operation: str, scope: Scope, parameters: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Actions, resources and condition keys that a call is checked for (service authorization reference)."""
    resource = _resource(operation, scope, parameters)
    job = parameters.get("TrainingJobDefinition", parameters)
    tags = {each.get("Key"): each.get("Value") for each in parameters.get("Tags", [])}
    context: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    context |= {"aws:TagKeys": list(tags)} if tags else {}
    kind = job.get("ResourceConfig", {}).get("InstanceType")
    context |= {"sagemaker:InstanceTypes": [kind]} if kind else {}
    needed = [(f"sagemaker:{operation}", resource, context)]
    if operation in {"CreateTrainingJob", "CreateHyperParameterTuningJob"}:
        if tags:
            needed.append(("sagemaker:AddTags", resource, context))
        passed = {"iam:PassedToService": SAGEMAKER}
        needed.append(("iam:PassRole", job.get("RoleArn", "*"), passed))
    return needed
