"""Each private hook of MiniStack that the adapter uses is still there, with the signature that it is used by."""

import json
import subprocess
import sys
from importlib.metadata import version

# Importing MiniStack reads the environment and installs a log handler: not in the process of the tests.
LOOK = """
import inspect, json
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, responses, router
from ministack.services import cloudwatch_logs, dynamodb, eventbridge, iam, lambda_svc, sts
from ministack.services.cloudformation import provisioners

hooks = [
    eventbridge._put_events, eventbridge._dispatch_to_lambda, lambda_svc._get_func_record_for_ref,
    lambda_svc._execution_record_for_config, lambda_svc.invoke_async_with_retry, lambda_svc._execute_function,
    lambda_svc._route_async_failure,
    responses.request_scope,
    responses.get_account_id, responses.get_region, router.extract_access_key_id, iam_evaluator.enforce,
    iam_evaluator.pin_request_origin, iam_actions.identity_denial_message, sts.register_session, lambda_runtime.reset,
    dynamodb._condition_syntax_error,
    iam_evaluator.evaluate, iam_evaluator._first_match, iam_evaluator.fnmatch_iam_cs,
    iam_evaluator.parse_policy_document,
    iam_evaluator._service_principal_matches, iam_evaluator._gather_role_policies, iam_actions.extract_resource_arn,
    lambda_svc._emit_lambda_logs, lambda_svc._route_async_failure, cloudwatch_logs._make_group_arn_no_star,
    provisioners._cw_metric_alarm_record,
    eventbridge._invoke_target, eventbridge._dispatch_to_api_destination, eventbridge._pattern_event_view,
    eventbridge._build_api_destination_request, eventbridge._connection_auth_headers,
    eventbridge._api_destination_send_sync, eventbridge._create_connection, eventbridge._delete_connection,
    eventbridge._create_api_destination, eventbridge._delete_api_destination, provisioners._sm_secret_string,
]
print(json.dumps({
    "signatures": {hook.__name__: list(inspect.signature(hook).parameters) for hook in hooks},
    "handler": list(inspect.signature(app.SERVICE_HANDLERS["sqs"]).parameters),
    "is_async": inspect.iscoroutinefunction(app.SERVICE_HANDLERS["sqs"]),
    "pattern": sorted(router.SERVICE_PATTERNS["sqs"]),
    "names": [hasattr(app, "_MAIN_LOOP"), app.AUTH, app.pin_request_origin is iam_evaluator.pin_request_origin],
    "known": "sagemaker" in app.SERVICE_HANDLERS or "sagemaker" in router.SERVICE_PATTERNS,
    "namespace": "sagemaker" in iam_actions.SERVICE_TO_IAM_NAMESPACE,
    "denial": sorted(iam_evaluator.EvalResult.__dataclass_fields__),
    "failure": sorted(iam_evaluator.AuthError.__dataclass_fields__),
    "context": sorted(iam_evaluator.EvalContext.__dataclass_fields__),
    "statement": sorted(iam_evaluator.ParsedStatement.__dataclass_fields__),
    "roles": type(iam._roles).__name__,
    "tables": [type(cloudwatch_logs._log_groups).__name__, type(lambda_svc._functions).__name__],
    "sessions": type(sts._sessions).__name__,
}))
"""
SIGNATURES = {
    "_put_events": ["data", "allow_aws_source"],
    "_dispatch_to_lambda": ["arn", "payload"],
    "_get_func_record_for_ref": ["function_ref"],
    "_execution_record_for_config": ["func", "config"],
    "invoke_async_with_retry": ["func", "event"],
    "_execute_function": ["func", "event"],
    "_route_async_failure": ["target_arn", "func_name", "event", "result"],
    "request_scope": ["account_id", "region"],
    "get_account_id": [],
    "get_region": [],
    "extract_access_key_id": ["headers", "query_params"],
    "enforce": ["access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"],
    "pin_request_origin": ["source_ip", "secure_transport"],
    "identity_denial_message": ["action", "principal_arn", "resource", "explicit_deny"],
    "register_session": ["access_key", "session"],
    "reset": [],
    "_condition_syntax_error": ["expr", "slot"],
    "evaluate": ["ctx", "policies", "limits"],
    "_first_match": ["ctx", "stmts", "effect"],
    "fnmatch_iam_cs": ["value", "pattern"],
    "parse_policy_document": ["doc"],
    "_service_principal_matches": ["principal", "service"],
    "_gather_role_policies": ["role_name", "account_id"],
    "extract_resource_arn": ["service", "method", "path", "headers", "body", "query_params", "region", "account_id"],
    "_emit_lambda_logs": ["func", "request_id", "log_text", "error", "duration_ms", "log_source"],
    "_make_group_arn_no_star": ["name"],
    "_cw_metric_alarm_record": ["name", "props"],
    "_invoke_target": ["target", "event", "rule", "view"],
    "_dispatch_to_api_destination": ["spec", "payload", "target"],
    "_pattern_event_view": ["event"],
    "_build_api_destination_request": ["dest", "conn", "target_http_params", "payload"],
    "_connection_auth_headers": ["conn", "token_key", "force_refresh"],
    "_api_destination_send_sync": ["request", "auth_headers"],
    "_create_connection": ["data"],
    "_delete_connection": ["data"],
    "_create_api_destination": ["data"],
    "_delete_api_destination": ["data"],
    "_sm_secret_string": ["props"],
}


def test_every_hook_of_ministack_is_as_the_adapter_expects_it() -> None:
    environment = {"AUTH": "true", "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-c", LOOK]
    looked = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    found = json.loads(looked.stdout)
    assert found["signatures"] == SIGNATURES
    assert found["handler"] == ["method", "path", "headers", "body", "query_params"]
    assert found["is_async"] is True
    assert {"host_patterns", "target_prefixes"} <= set(found["pattern"])
    assert found["names"] == [True, True, True]
    # Should MiniStack learn SageMaker itself, the adapter would check permissions twice and hide its service.
    assert (found["known"], found["namespace"]) == (False, False)
    assert {"decision", "principal_arn"} <= set(found["denial"])
    assert {"code", "message"} <= set(found["failure"])
    assert found["roles"] == "AccountScopedDict"
    assert found["sessions"] == "dict"
    assert {"principal_arn", "principal_type", "principal_account", "action", "resource_arn", "region"} <= set(
        found["context"]
    )
    assert {"service_context"} <= set(found["context"])
    assert {"sid", "resources"} <= set(found["statement"])
    assert found["tables"] == ["AccountRegionScopedDict", "AccountRegionScopedDict"]


def test_the_version_is_the_one_that_the_adapter_was_written_for() -> None:
    assert version("ministack") == "1.5.33"
