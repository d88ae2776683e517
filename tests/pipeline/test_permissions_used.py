"""Every permission of every role has allowed a request of this folder's tests: none is granted that nothing uses.

The tests run on a local AWS that refuses what a role does not allow, each handler with its own role. It is weaker than
AWS in what docs/permissions.md lists under "What this does not prove".
"""

from typing import Any

import boto3
import pytest
from tests.contract.permissions import alternatives
from tests.pipeline.conftest import DESELECTED, HERE
from tests.pipeline.pipeline import TRIED, Pipeline

from traindrop_cli.local.grants import Grant, read_grants

# A permission: role and statement by their names in the template, action, resource.
Permission = tuple[str, str, str, str]
BY_SAGEMAKER = "SageMaker itself needs it (docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html); the local one"
CUT_OFF = "only after a launch that was cut off or stopped in its midst: tests/simulation"
FOR_LARGE = "only a file above 202 MB goes to the large trainer, and each other one to its smaller twin"
GROUP_IS_THERE = "SageMaker's jobs of earlier tests have made the log group"
# By role, statement and action: why nothing here uses it.
NOT_USED_HERE: dict[tuple[str, str, str], str] = {
    ("TrainingRole", "PullImage", "ecr:BatchCheckLayerAvailability"): f"{BY_SAGEMAKER} pulls no images",
    ("TrainingRole", "PullImage", "ecr:GetDownloadUrlForLayer"): f"{BY_SAGEMAKER} pulls no images",
    ("TrainingRole", "PullImage", "ecr:BatchGetImage"): f"{BY_SAGEMAKER} pulls no images",
    ("TrainingRole", "RegistryLogin", "ecr:GetAuthorizationToken"): f"{BY_SAGEMAKER} pulls no images",
    ("TrainingRole", "WriteMetrics", "cloudwatch:PutMetricData"): f"{BY_SAGEMAKER} keeps metrics in the job alone",
    ("TrainingRole", "MakeLog", "logs:DescribeLogStreams"): f"{BY_SAGEMAKER} creates its stream without a look",
    ("TrainingRole", "GoOnFromCheckpoints", "s3:GetObject"): "only a further attempt of a spot job reads checkpoints: "
    "tests/functional/test_local_sagemaker_spot.py",
    ("LauncherRole", "CopyLargeInputs", "s3:AbortMultipartUpload"): "only a copy of more than 5 GB that fails does it",
    ("LauncherRole", "Launch", "sagemaker:DescribeTrainingJob"): CUT_OFF,
    ("LauncherRole", "StopOwn", "sagemaker:StopTrainingJob"): CUT_OFF,
    ("LauncherRole", "Tune", "sagemaker:DescribeHyperParameterTuningJob"): CUT_OFF,
    ("LauncherRole", "Tune", "sagemaker:ListTrainingJobsForHyperParameterTuningJob"): CUT_OFF,
    ("LauncherRole", "StopOwnTuning", "sagemaker:StopHyperParameterTuningJob"): CUT_OFF,
    ("DispatcherRole", "Tune", "sagemaker:CreateHyperParameterTuningJob"): "only a tuning that had to wait",
    ("DispatcherRole", "Tune", "sagemaker:AddTags"): "only a tuning that had to wait",
    **{
        (f"{function}Role", "Trace", action): "Lambda itself sends the traces; the local one keeps none"
        for function in ("Launcher", "Dispatcher", "Trainer", "LargeTrainer", "Tuner", "Evaluator", "Notifier")
        for action in ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
    },
    ("LauncherRole", "HandOver", "lambda:InvokeFunction"): FOR_LARGE,
    ("DispatcherRole", "HandOver", "lambda:InvokeFunction"): FOR_LARGE,
    ("LargeTrainerRole", "GiveUp", "lambda:InvokeFunction"): "test_lambda.py kills its smaller twin",
    ("LargeTrainerRole", "MakeTrainingLog", "logs:CreateLogGroup"): GROUP_IS_THERE,
    ("TrainerRole", "MakeTrainingLog", "logs:CreateLogGroup"): GROUP_IS_THERE,
    ("TunerRole", "HandOver", "lambda:InvokeFunction"): FOR_LARGE,
    ("TunerRole", "GiveUp", "sqs:SendMessage"): "no step of the tuner fails three times here",
    ("EvaluatorRole", "ReadTestData", "s3:GetObject"): "only where an existing bucket keeps no versions",
}


@pytest.fixture
def used(request: pytest.FixtureRequest, pipeline: Pipeline) -> set[Grant]:
    """What the tests of this folder used, if all of them have run and passed."""
    config, session = request.config, request.session
    chosen = config.stash.get(DESELECTED, False) or any("::" in argument for argument in config.args)
    if chosen or not set(HERE.glob("test_*.py")) <= {item.path for item in session.items}:
        pytest.skip("only a part of tests/pipeline runs, so much is not used")
    if session.testsfailed:
        pytest.skip("a test has failed, and what it would have used is not known")
    return {grant for grant in read_grants(pipeline.grants) if grant.session != TRIED}


def names(pipeline: Pipeline, kind: str) -> dict[str, str]:
    """The names in the template of the stack's resources of a type, by their names in AWS."""
    found = boto3.client("cloudformation").describe_stack_resources(StackName=pipeline.stack.name)["StackResources"]
    return {each["PhysicalResourceId"]: each["LogicalResourceId"] for each in found if each["ResourceType"] == kind}


def permissions(role: str, name: str) -> set[Permission]:
    """What the role `role`, whose name in AWS is `name`, may do."""
    iam = boto3.client("iam")
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
    documents: list[Any] = [
        iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    return {
        (role, statement["Sid"], action, resource)
        for document in documents
        for statement in document["Statement"]
        for action in alternatives(statement["Action"])
        for resource in alternatives(statement["Resource"])
    }


def test_every_permission_of_every_role_was_needed(used: set[Grant], pipeline: Pipeline) -> None:
    by_name = names(pipeline, "AWS::IAM::Role")
    exercised = {(by_name[each.role], each.sid, each.action, each.resource) for each in used if each.role in by_name}
    granted = set().union(*(permissions(role, name) for name, role in by_name.items()))
    unused = granted - exercised
    assert sorted(each for each in unused if each[:3] not in NOT_USED_HERE) == []
    assert sorted(NOT_USED_HERE.keys() - {each[:3] for each in unused}) == [], "used after all, or granted no more"


def test_every_function_and_training_had_its_own_role(used: set[Grant], pipeline: Pipeline) -> None:
    functions = {name: f"{function}Role" for name, function in names(pipeline, "AWS::Lambda::Function").items()}
    by_name = names(pipeline, "AWS::IAM::Role")
    had = {(each.session, by_name.get(each.role)) for each in used}
    assert {(session, role) for session, role in had if session in functions} == set(functions.items())
    # A colleague's job has the colleague's.
    assert {role for session, role in had if session == "SageMaker"} == {"TrainingRole", None}
    assert {session for session, _ in had} == functions.keys() | {"SageMaker", "links"}
