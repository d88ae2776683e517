"""The local SageMaker refuses of tuning jobs what the real one refuses, in its words where they are known."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.functional.local_fixtures.aws import BUCKET, ROLE, TRUST, client, make_role, upload_script
from tests.functional.local_fixtures.tuning import (
    NEAR,
    X,
    a_tuning_request,
    children,
    described,
    limits,
    start_tuning,
    tuned,
    tuning_finished,
)
from tests.functional.test_local_iam import client_as, user
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.settings import ACCESS_KEY, SECRET_KEY, LocalSettings

pytest_plugins = ["tests.functional.local_fixtures.plugin"]
__all__ = ["user"]  # a fixture

INVALID = "An error occurred (ValidationException) when calling the CreateHyperParameterTuningJob operation: "
Y = {"Name": "y", "MinValue": "1", "MaxValue": "3"}
DEPTH = {"IntegerParameterRanges": [Y]}
COLOURS = {"CategoricalParameterRanges": [{"Name": "colour", "Values": ["red", "blue"]}]}
HYPERBAND = {"Strategy": "Hyperband", "StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 9}}}


def refusal(local: LocalAws, request: dict[str, Any]) -> str:
    """The message of CreateHyperParameterTuningJob, sent without botocore's own checks."""
    credentials = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
    sagemaker = client(local, "sagemaker", **credentials, config=Config(parameter_validation=False))
    with pytest.raises(ClientError) as caught:
        sagemaker.create_hyper_parameter_tuning_job(**request)
    return str(caught.value)


def interval(low: str, high: str, kind: str = "Continuous", **more: str) -> dict[str, Any]:
    return {"ParameterRanges": {f"{kind}ParameterRanges": [{"Name": "x", "MinValue": low, "MaxValue": high, **more}]}}


@pytest.mark.parametrize(
    ("config", "changes", "message"),
    [
        ({}, {"HyperParameterTuningJobName": "a" * 33}, "2 validation errors detected: Value 'aaa"),
        ({"Strategy": "Best"}, {}, "1 validation error detected: Value 'Best' at 'hyperParameterTuningJobConfig.strat"),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auk"}},
            {},
            (
                "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric "
                "definitions."
            ),
        ),
        (
            {"ParameterRanges": DEPTH, **limits(10)},
            {},
            (
                "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter "
                "combinations for the provided ranges [3.0] must be equal or greater than the value of "
                "MaxNumberOfJobs, [10]. Provide additional ranges."
            ),
        ),
        ({"ParameterRanges": {}}, {}, "ParameterRanges must hold at least one hyperparameter to tune."),
        (interval("1", "1"), {}, "x: MinValue [1.0] must be less than MaxValue [1.0]."),
        (interval("0", "inf"), {}, "x: MinValue [0.0] must be less than MaxValue [inf]."),
        (interval("1.5", "2", "Integer"), {}, "x: '1.5' to '2' is no range of type int."),
        (interval("0", "1", ScalingType="Logarithmic"), {}, "x: Logarithmic scaling works only for ranges that have"),
        (interval("0", "1", ScalingType="ReverseLogarithmic"), {}, "x: Reverse logarithmic scaling works only for"),
        (
            {"ParameterRanges": {"CategoricalParameterRanges": [{"Name": "c", "Values": ["a", "a"]}]}},
            {},
            "c: values must be unique: a given more than once.",
        ),
        ({"ParameterRanges": X | {"IntegerParameterRanges": [Y | {"Name": "x"}]}}, {}, "Hyperparameter names must be"),
        (
            {"ParameterRanges": {"IntegerParameterRanges": [Y | {"Name": "max_depth"}]}},
            {},
            "Hyperparameters cannot be both static and tuned: max_depth.",
        ),
        (
            {"ParameterRanges": {"IntegerParameterRanges": [Y | {"Name": f"y{n}"} for n in range(29)]} | COLOURS | X},
            {},
            "You can tune at most 30 hyperparameters, and 31 are given.",
        ),
        (
            {},
            {"StaticHyperParameters": {f"y{n}": "1" for n in range(99)}},
            "A training job takes 100 hyperparameters, and it would have 101.",
        ),
        ({"Strategy": "Grid"}, {}, "Only categorical parameters are supported when using the grid search strategy."),
        (
            {"Strategy": "Grid", "ParameterRanges": COLOURS, **limits(1)},
            {},
            "MaxNumberOfTrainingJobs, [1], must equal the total number of distinct categorical combinations, [2].",
        ),
        (limits(2, parallel=3), {}, "MaxParallelTrainingJobs must be less than or equal to MaxNumberOfTrainingJobs."),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 1}}, {}, "MaxNumberOfTrainingJobs is required unless"),
        (HYPERBAND | {"TrainingJobEarlyStoppingType": "Auto"}, {}, "TrainingJobEarlyStoppingType must be Off"),
        ({"Strategy": "Hyperband"}, {}, "MaxResource is required for Hyperband where none of epochs, numepochs,"),
        (
            {"Strategy": "Hyperband", "StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 20_001}}},
            {},
            "MinResource, [1], must be less than MaxResource, [20001], and that at most 20000.",
        ),
        (HYPERBAND | {"Strategy": "Random"}, {}, "HyperbandStrategyConfig should be provided only if Hyperband"),
        ({}, {"Autotune": {"Mode": "Enabled"}}, "The local SageMaker does not know Autotune of a tuning job."),
        ({}, {"RoleArn": "arn:aws:iam::000000000000:role/nobody"}, "Could not assume role arn:aws:iam::000000000000:"),
        ({}, {"StoppingCondition": {"MaxWaitTimeInSeconds": 9}}, "MaxWaitTimeInSeconds above 0 is not supported when"),
        (
            {},
            {"Environment": {f"V{n}": "1" for n in range(49)}},
            "1 validation error detected: Value '{'V0': '1', 'V1': '1'",
        ),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused(
    aws: LocalAws, config: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    assert refusal(aws, a_tuning_request(config=config, **changes)).startswith(INVALID + message)


def test_metric_definitions_of_sagemakers_own_image_are_refused_in_a_tuning_too(aws: LocalAws) -> None:
    request = a_tuning_request()
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
    request["TrainingJobDefinition"]["AlgorithmSpecification"]["TrainingImage"] = image
    assert "You can't override the metric definitions for Amazon SageMaker algorithms." in refusal(aws, request)


def test_a_channel_without_objects_is_refused_when_the_tuning_job_is_created(aws: LocalAws) -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/datasets/none/"}}
    channels = [{"ChannelName": "train", "DataSource": source}]
    assert "No S3 objects found under S3 URL" in refusal(aws, a_tuning_request(InputDataConfig=channels))


def test_the_instances_of_all_that_run_at_a_time_count_for_the_quota(aws: LocalAws) -> None:
    resources = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}
    message = refusal(aws, a_tuning_request(config=limits(4, parallel=2), ResourceConfig=resources))
    assert "(ResourceLimitExceeded)" in message
    assert "current utilization of 0 Instances and a request delta of 2 Instances." in message


def test_a_name_stays_taken_in_any_case(aws: LocalAws) -> None:
    tuning = tuned(aws, NEAR, limits(1))
    name = tuning["HyperParameterTuningJobName"].upper()
    assert refusal(aws, a_tuning_request(HyperParameterTuningJobName=name)) == (
        "An error occurred (ResourceInUse) when calling the CreateHyperParameterTuningJob operation: A hyperparameter "
        f"tuning job with the name, {name}, already exists. Choose a different name."
    )


@pytest.mark.parametrize(
    "operation",
    [
        "describe_hyper_parameter_tuning_job",
        "stop_hyper_parameter_tuning_job",
        "list_training_jobs_for_hyper_parameter_tuning_job",
    ],
)
def test_a_tuning_job_that_does_not_exist_is_not_found(aws: LocalAws, operation: str) -> None:
    sagemaker = client(aws, "sagemaker")
    words = r"Amazon SageMaker can't find a tuning job called none\. Type another name\."
    with pytest.raises(sagemaker.exceptions.ResourceNotFound, match=words):
        getattr(sagemaker, operation)(HyperParameterTuningJobName="none")


def test_lists_are_sorted_by_name_and_filtered_and_come_by_pages(aws: LocalAws) -> None:
    sagemaker = client(aws, "sagemaker")
    names = [f"listed-{letter}" for letter in "bac"]
    for name in names:
        tuned(aws, f"{NEAR}\nassert os.environ['TRAINING_JOB_NAME'] < 'listed-c'", HyperParameterTuningJobName=name)
    first = sagemaker.list_hyper_parameter_tuning_jobs(NameContains="listed-", MaxResults=2)
    second = sagemaker.list_hyper_parameter_tuning_jobs(NameContains="listed-", NextToken=first["NextToken"])
    found = [each for page in (first, second) for each in page["HyperParameterTuningJobSummaries"]]
    assert [each["HyperParameterTuningJobName"] for each in found] == sorted(names)
    assert found[0]["TrainingJobStatusCounters"]["Completed"] == found[0]["ResourceLimits"]["MaxNumberOfTrainingJobs"]
    failed = sagemaker.list_hyper_parameter_tuning_jobs(StatusEquals="Failed", NameContains="listed-")
    assert [each["Strategy"] for each in failed["HyperParameterTuningJobSummaries"]] == ["Random"]
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    by_value = children(aws, "listed-a", SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    assert by_value == sorted(children(aws, "listed-a"), key=lambda each: -each[metric]["Value"])
    assert children(aws, "listed-a", StatusEquals="Failed") == []


def test_tags_can_be_read_and_added(aws: LocalAws) -> None:
    sagemaker = client(aws, "sagemaker")
    arn = tuned(aws, NEAR, limits(1), Tags=[{"Key": "run", "Value": "1"}])["HyperParameterTuningJobArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "me"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "run", "Value": "1"},
        {"Key": "owner", "Value": "me"},
    ]


def test_calls_are_checked_against_the_callers_policies(aws: LocalAws, user: str) -> None:
    """The creation, its tags and the role that it hands over; and whose tuning jobs are looked at and stopped."""
    mine = "arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/mine-*"
    create, tag, stop = (
        {"Effect": "Allow", "Action": f"sagemaker:{action}", "Resource": mine}
        for action in ("CreateHyperParameterTuningJob", "AddTags", "StopHyperParameterTuningJob")
    )
    kind = {"ForAllValues:StringEquals": {"sagemaker:InstanceTypes": ["ml.m5.large"]}}
    role = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE}
    request = a_tuning_request(
        upload_script(aws, NEAR), HyperParameterTuningJobName="mine-1", Tags=[{"Key": "owner", "Value": "me"}]
    )
    for statements, denied in (
        ([tag, role], "sagemaker:CreateHyperParameterTuningJob"),
        ([create, role], "sagemaker:AddTags"),
        ([create, tag], "iam:PassRole"),
    ):
        with pytest.raises(ClientError, match=f"is not authorized to perform: {denied}"):
            client_as(aws, "sagemaker", user, statements).create_hyper_parameter_tuning_job(**request)
    stop_own = stop | {"Condition": {"StringEquals": {"aws:ResourceTag/owner": "me"}}}
    sagemaker = client_as(aws, "sagemaker", user, [create | {"Condition": kind}, tag, role, stop_own])
    sagemaker.create_hyper_parameter_tuning_job(**request)
    with pytest.raises(ClientError, match="is not authorized to perform: sagemaker:DescribeHyperParameterTuningJob"):
        sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="mine-1")
    sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="mine-1")
    assert tuning_finished(aws, "mine-1")["HyperParameterTuningJobStatus"] == "Stopped"


def test_a_state_folder_keeps_tuning_jobs_and_fails_one_that_was_cut_off(tmp_path: Path) -> None:
    settings = LocalSettings(state_dir=tmp_path / "state", stop_grace=1)
    with LocalAws.start(settings) as local:
        client(local, "s3").create_bucket(Bucket=BUCKET)
        client(local, "s3").put_object(Bucket=BUCKET, Key="datasets/toy/train/my data+1.csv", Body=b"x,y\n1,2\n")
        make_role(local, "training", ["s3:*", "logs:*"], TRUST)
        before = tuned(local, NEAR, limits(1))
        cut_off = start_tuning(local, "import time; time.sleep(60)")
        wait_for(lambda: children(local, cut_off))
    with LocalAws.start(settings) as local:
        after = described(local, before["HyperParameterTuningJobName"])
        del before["ResponseMetadata"], after["ResponseMetadata"]
        assert json.dumps(after, default=str) == json.dumps(before, default=str)
        tuning = described(local, cut_off)
        assert tuning["HyperParameterTuningJobStatus"] == "Failed"
        assert "The local AWS was stopped" in tuning["FailureReason"]
        assert tuning["TrainingJobStatusCounters"]["InProgress"] == 0
