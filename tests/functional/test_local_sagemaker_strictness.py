"""The local SageMaker refuses what the real one refuses, in its words."""

from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.functional.local_fixtures.aws import BUCKET, ROLE, a_request, client, finished, make_role

from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.sagemaker.errors import ApiError
from traindrop_cli.local.sagemaker.validation import compiled, input_shape, validate
from traindrop_cli.local.settings import ACCESS_KEY, SECRET_KEY

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

INVALID = "An error occurred (ValidationException) when calling the CreateTrainingJob operation: "
ONE = "1 validation error detected: Value "
FAILED = "failed to satisfy constraint: "
PATTERN = "Member must satisfy regular expression pattern: "
LONG = {"a": "x" * 2501}
RESOURCES = {"InstanceCount": 1, "VolumeSizeInGB": 5}


def refusal(local: LocalAws, request: dict[str, Any]) -> str:
    """The message of CreateTrainingJob, sent without botocore's own checks."""
    sagemaker = client(
        local,
        "sagemaker",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(parameter_validation=False),
    )
    with pytest.raises(ClientError) as caught:
        sagemaker.create_training_job(**request)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"TrainingJobName": "my_job"},
            f"{ONE}'my_job' at 'trainingJobName' {FAILED}{PATTERN}[a-zA-Z0-9](-*[a-zA-Z0-9]){{0,62}}",
        ),
        (
            {"RoleArn": None},
            f"{ONE}null at 'roleArn' {FAILED}Member must not be null",
        ),
        (
            {"ResourceConfig": {**RESOURCES, "InstanceType": "ml.m5.larg"}},
            f"{ONE}'ml.m5.larg' at 'resourceConfig.instanceType' {FAILED}Member must satisfy enum value set: [ml.",
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": -1, "VolumeSizeInGB": 5}},
            f"{ONE}'-1' at 'resourceConfig.instanceCount' {FAILED}Member must have value greater than or equal to 0",
        ),
        (
            {"HyperParameters": LONG},
            (
                f"{ONE}'{LONG}' at 'hyperParameters' {FAILED}Map value must satisfy constraint: "
                "[Member must have length less than or equal to 2500]"
            ),
        ),
        (
            {"Tags": [{"Key": "owner", "Value": "semi;colon"}]},
            f"{ONE}'semi;colon' at 'tags.1.member.value' {FAILED}{PATTERN}",
        ),
        (
            {"EnableManagedSpotTraining": True},
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds",
        ),
        (
            {"RoleArn": "arn:aws:iam::000000000000:role/nobody"},
            (
                "Could not assume role arn:aws:iam::000000000000:role/nobody. Please ensure that the role exists and "
                "allows principal 'sagemaker.amazonaws.com' to assume the role."
            ),
        ),
    ],
)
def test_a_request_that_breaks_a_constraint_is_refused(aws: LocalAws, changes: dict[str, Any], message: str) -> None:
    request = {key: value for key, value in (a_request() | changes).items() if value is not None}
    assert refusal(aws, request).startswith(INVALID + message)


def test_an_unknown_field_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(
        ApiError, match=r"Unknown field 'StoppingConditions' at 'CreateTrainingJobRequest'; known: .*Stop"
    ):
        validate("CreateTrainingJob", a_request(StoppingConditions={}))


def test_every_violation_of_a_name_is_listed(aws: LocalAws) -> None:
    message = refusal(aws, a_request(TrainingJobName="a" * 64))
    assert message.startswith(f"{INVALID}2 validation errors detected: ")
    assert "Member must have length less than or equal to 63; Value " in message


def test_a_field_of_another_type_is_a_serialization_exception(aws: LocalAws) -> None:
    message = refusal(aws, a_request(HyperParameters={"max_depth": 3}))
    assert "(SerializationException)" in message
    assert message.endswith("int at 'hyperParameters' can not be converted to a String")


def test_a_channel_without_objects_is_refused_when_the_job_is_created(aws: LocalAws) -> None:
    uri = f"s3://{BUCKET}/datasets/none/"
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    message = refusal(aws, a_request(InputDataConfig=[{"ChannelName": "train", "DataSource": source}]))
    assert message == (
        f'{INVALID}No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
        "exists in the selected region (us-east-1), that objects exist under that S3 prefix, and that the role "
        f'"{ROLE}" has "s3:ListBucket" permissions on bucket "{BUCKET}".'
    )


def test_a_role_that_sagemaker_may_not_assume_is_refused(aws: LocalAws) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = make_role(aws, "of-lambda", ["s3:*"], trust)
    assert f"Could not assume role {role}." in refusal(aws, a_request(RoleArn=role))


def test_a_name_stays_taken_after_its_job_has_failed(aws: LocalAws) -> None:
    request = a_request()
    arn = client(aws, "sagemaker").create_training_job(**request)["TrainingJobArn"]
    assert finished(aws, request["TrainingJobName"])["TrainingJobStatus"] == "Failed"
    assert refusal(aws, request) == (
        "An error occurred (ResourceInUse) when calling the CreateTrainingJob operation: Training job names must be "
        f"unique within an AWS account and region, and a training job with this name already exists ({arn})"
    )


def test_instances_beyond_the_quota_are_refused(aws: LocalAws) -> None:
    resources = {**RESOURCES, "InstanceType": "ml.p3.2xlarge"}
    with pytest.raises(client(aws, "sagemaker").exceptions.ResourceLimitExceeded) as caught:
        client(aws, "sagemaker").create_training_job(**a_request(ResourceConfig=resources))
    assert (
        "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with current "
        "utilization of 0 Instances and a request delta of 1 Instances."
    ) in str(caught.value)


@pytest.mark.parametrize("operation", ["describe_training_job", "stop_training_job"])
def test_a_job_that_does_not_exist_is_not_found(aws: LocalAws, operation: str) -> None:
    with pytest.raises(ClientError, match=r"\(ValidationException\).*: Requested resource not found\."):
        getattr(client(aws, "sagemaker"), operation)(TrainingJobName="none")


def test_a_finished_job_cannot_be_stopped(aws: LocalAws) -> None:
    request = a_request()
    client(aws, "sagemaker").create_training_job(**request)
    finished(aws, request["TrainingJobName"])
    with pytest.raises(ClientError, match="rejected because the training job is in status Failed"):
        client(aws, "sagemaker").stop_training_job(TrainingJobName=request["TrainingJobName"])


def test_an_operation_that_is_not_served_says_which_are(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match=r"knows CreateTrainingJob, .*; not ListModels"):
        client(aws, "sagemaker").list_models()


@pytest.mark.parametrize(
    "operation", ["CreateTrainingJob", "ListTrainingJobs", "AddTags", "CreateHyperParameterTuningJob"]
)
def test_every_pattern_of_the_model_is_understood(operation: str) -> None:
    seen: set[str] = set()

    def compile_patterns(shape: Any) -> None:
        if shape.name in seen:
            return
        seen.add(shape.name)
        compiled(shape.metadata.get("pattern", ""))
        members = list(shape.members.values()) if shape.type_name == "structure" else []
        members += [shape.member] if shape.type_name == "list" else []
        members += [shape.key, shape.value] if shape.type_name == "map" else []
        for member in members:
            compile_patterns(member)

    compile_patterns(input_shape(operation))
    assert len(seen) > 3
