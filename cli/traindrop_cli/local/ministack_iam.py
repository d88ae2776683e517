"""Where MiniStack's permissions (1.5.33) are checked otherwise than in AWS, mended; a part of `ministack_adapter`.

What is left: a request's own conditions are only those that MiniStack or this file tells (docs/permissions.md).
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack import app as ministack_app
from ministack.core import iam_actions, iam_evaluator, responses, router
from ministack.services import cloudwatch_logs, lambda_svc

from traindrop_cli.local.grants import Grant

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[..., Awaitable[Response]]

# What a function's role has to allow for a destination of that service.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
_TO_DESTINATION = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}

logger = logging.getLogger(__name__)


def install(granted: Callable[[Grant], None] | None) -> None:
    """Check what MiniStack leaves out. `granted` is told each permission of a role that allowed a request."""
    _name_log_streams_in_arns()
    if not ministack_app.AUTH:
        return
    _hide_missing_objects()
    _check_what_lambda_does_for_a_function()
    if granted is not None:
        _tell(granted)


def trusts(document: Mapping[str, Any], service: str, account: str, source_arn: str) -> bool:
    """Whether a trust policy lets a service assume the role for the resource `source_arn`.

    Conditions on aws:SourceAccount and aws:SourceArn are heeded; MiniStack's own check knows no service principals.
    """
    context = iam_evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn="*",
        region=responses.get_region(),
        service_context={"aws:sourceaccount": account, "aws:sourcearn": source_arn},
    )
    statements = document["Statement"]
    for_service = [
        {**statement, "Resource": "*"}
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if iam_evaluator._service_principal_matches(statement.get("Principal"), service)
    ]
    policy = iam_evaluator.parse_policy_document({"Statement": for_service})
    return bool(iam_evaluator.evaluate(context, [policy]).decision == "Allow")


def _tell(granted: Callable[[Grant], None]) -> None:
    evaluate = iam_evaluator.evaluate

    def evaluate_and_tell(context: Any, policies: list[list[Any]], *limits: Any) -> Any:
        result = evaluate(context, policies, *limits)
        if result.decision == "Allow" and ":assumed-role/" in context.principal_arn:
            statements = [statement for policy in policies for statement in policy]
            statement = iam_evaluator._first_match(context, statements, "Allow")
            matched = [each for each in statement.resources if iam_evaluator.fnmatch_iam_cs(context.resource_arn, each)]
            _, role, session = context.principal_arn.rsplit("/", 2)
            granted(Grant(role, session, statement.sid, context.action, next(iter(matched), "")))
        return result

    iam_evaluator.evaluate = evaluate_and_tell


def _name_log_streams_in_arns() -> None:
    """CloudWatch Logs authorizes by `…:log-group:<group>:log-stream:<stream>`, the stream empty where none is named.

    MiniStack leaves that part out, so that `…:log-group:<group>:*`, which AWS wants, would allow nothing.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    arn_of = iam_actions.extract_resource_arn

    def with_stream(service: str, method: str, path: str, headers: dict[str, str], body: bytes, *more: Any) -> str:
        arn: str = arn_of(service, method, path, headers, body, *more)
        if service != "logs" or ":log-group:" not in arn or "Tag" in headers.get("x-amz-target", ""):
            return arn
        return f"{arn}:log-stream:{json.loads(body).get('logStreamName', '')}"

    iam_actions.extract_resource_arn = with_stream


def _hide_missing_objects() -> None:
    """Whoever may not list a bucket is told "403", not "404", of an object that is not there.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    handle: Handler = ministack_app.SERVICE_HANDLERS["s3"]

    async def handle_hiding(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Response:
        answer = await handle(method, path, headers, body, query)
        bucket, _, key = path.lstrip("/").partition("/")
        if answer[0] != 404 or not key or method not in ("GET", "HEAD"):
            return answer
        denied = iam_evaluator.enforce(
            router.extract_access_key_id(headers, query),
            "s3:ListBucket",
            "s3",
            responses.get_region(),
            resource_arn=f"arn:aws:s3:::{bucket}",
        )
        return _access_denied() if denied else answer

    ministack_app.SERVICE_HANDLERS["s3"] = handle_hiding


def _access_denied() -> Response:
    body = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    return 403, {"Content-Type": "application/xml"}, body


def _check_what_lambda_does_for_a_function() -> None:
    """Lambda writes a function's log, and what it gave up on to its destination, with the function's role.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    write_log, give_up = lambda_svc._emit_lambda_logs, lambda_svc._route_async_failure

    def write_log_if_allowed(func: dict[str, Any], *arguments: Any, **named: Any) -> None:
        config = func.get("config") or func
        group = config.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        if group not in cloudwatch_logs._log_groups:
            actions.insert(0, "logs:CreateLogGroup")
        arn = f"{cloudwatch_logs._make_group_arn_no_star(group)}:log-stream:"
        if all(_function_may(config, action, arn) for action in actions):
            write_log(func, *arguments, **named)

    def give_up_if_allowed(target: str, name: str, event: dict[str, Any], result: dict[str, Any]) -> None:
        action = _TO_DESTINATION[target.split(":")[2]]
        if _function_may(lambda_svc._functions[name]["config"], action, target):
            give_up(target, name, event, result)

    lambda_svc._emit_lambda_logs = write_log_if_allowed
    lambda_svc._route_async_failure = give_up_if_allowed


def _function_may(config: Mapping[str, Any], action: str, resource: str) -> bool:
    account, role = config["Role"].split(":")[4], config["Role"].rpartition("/")[2]
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role}/{config['FunctionName']}",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=responses.get_region(),
    )
    may: bool = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(role, account)).decision == "Allow"
    if not may:
        logger.warning("The role of %s does not allow %s on %s.", config["FunctionName"], action, resource)
    return may
