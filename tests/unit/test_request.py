"""The CreateTrainingJob request, held against botocore's model, the training script and the container."""

import json
import unicodedata
from typing import Any

import numpy as np
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_job
from training_scripts.xgboost import train as script

from traindrop.config import TrainingConfig
from traindrop.errors import LaunchRefused
from traindrop.final_metrics import FinalMetrics
from traindrop.hyperparameters.xgboost import XGBoostHyperparameters
from traindrop.request import AUTO_INSTANCE_TYPE, for_job, training_job_request
from traindrop.script_mode import decoded_hyperparameters, script_arguments
from traindrop.training_script import TASKS, measured, report
from traindrop_cli.local.sagemaker.validation import input_shape, violations

ONE_DAY = 86_400
FULL = TrainingConfig(
    target="species",
    hyperparameters=XGBoostHyperparameters().model_dump(),
    drop=("length", "a, 'quoted' \"name\""),
    instance_type="ml.c5.xlarge",
    max_runtime=28 * ONE_DAY,
    tags={f"tag {number}": "x" * 256 for number in range(40)},
)


def problems(request: dict[str, Any]) -> list[str]:
    """What botocore refuses to send, and what the service would refuse: pattern, enum, range, length."""
    shape = input_shape("CreateTrainingJob")
    return [*ParamValidator().validate(request, shape)._errors, *violations(shape, request, "")]


@pytest.mark.parametrize("config", [TrainingConfig(), FULL], ids=["defaults", "everything"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression", "auto"])
@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1", "us-gov-west-1"])
def test_a_request_is_valid_by_the_services_own_model(config: TrainingConfig, task: str, region: str) -> None:
    assert problems(training_job_request(a_job(task=task, region=region), config)) == []


def test_the_checks_of_these_tests_find_what_is_wrong() -> None:
    request = training_job_request(a_job(run="no_job_name", role_arn="none"), TrainingConfig())
    assert len(problems({**request, "Unknown": 1, "StoppingCondition": {"MaxRuntimeInSeconds": 0}})) >= 4


def test_only_the_dropped_object_is_the_train_channel_and_the_held_out_one_the_test_channel() -> None:
    channels = training_job_request(a_job(), TrainingConfig())["InputDataConfig"]
    assert {each["ChannelName"]: each["DataSource"]["S3DataSource"]["S3Uri"] for each in channels} == {
        "train": "s3://traindrop-dropbucket-1a2b3c4d/datasets/flowers/train/flowers.csv",
        "test": "s3://traindrop-dropbucket-1a2b3c4d/datasets/flowers/test/held_out.csv",
    }
    assert {each["DataSource"]["S3DataSource"]["S3DataDistributionType"] for each in channels} == {"FullyReplicated"}


def test_without_a_held_out_file_there_is_no_test_channel() -> None:
    request = training_job_request(a_job(test_key=None), TrainingConfig())
    assert [each["ChannelName"] for each in request["InputDataConfig"]] == ["train"]
    assert "test" not in request["HyperParameters"]


def test_a_job_stops_after_an_hour_unless_asked_otherwise_and_never_by_the_services_default_of_a_day() -> None:
    assert training_job_request(a_job(), TrainingConfig())["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}
    asked = TrainingConfig(max_runtime=900)
    assert training_job_request(a_job(), asked)["StoppingCondition"] == {"MaxRuntimeInSeconds": 900}


def test_traffic_is_encrypted_the_profiler_is_off_and_artifacts_go_to_the_runs() -> None:
    request = training_job_request(a_job(), TrainingConfig())
    assert request["EnableInterContainerTrafficEncryption"] is True
    assert request["ProfilerConfig"] == {"DisableProfiler": True}
    assert request["OutputDataConfig"]["S3OutputPath"] == "s3://traindrop-dropbucket-1a2b3c4d/runs"


def test_resources_are_those_asked_for() -> None:
    asked = TrainingConfig(instance_type="ml.c5.xlarge", volume_size_in_gb=50, keep_alive=900)
    resources = training_job_request(a_job(), asked)["ResourceConfig"]
    assert resources == {
        "InstanceType": "ml.c5.xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 50,
        "KeepAlivePeriodInSeconds": 900,
    }
    assert training_job_request(a_job(), TrainingConfig())["ResourceConfig"]["InstanceType"] == AUTO_INSTANCE_TYPE


def test_a_region_without_an_image_is_refused() -> None:
    with pytest.raises(LaunchRefused, match="eu-west-9"):
        training_job_request(a_job(region="eu-west-9"), TrainingConfig())


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200))
def test_any_dataset_name_makes_a_tag_that_aws_takes(dataset: str) -> None:
    request = training_job_request(a_job(dataset=dataset), TrainingConfig())
    assert problems(request) == []
    (tag,) = [tag["Value"] for tag in request["Tags"] if tag["Key"] == "traindrop:dataset"]
    assert all(unicodedata.category(letter)[0] in "LNZ" or letter in "_.:/=+-@" for letter in tag)


def test_the_persons_tags_come_beside_ours_and_never_in_their_place() -> None:
    tags = training_job_request(a_job(), TrainingConfig(tags={"team": "a", "owner": "b"}))["Tags"]
    found = {tag["Key"]: tag["Value"] for tag in tags}
    assert len(found) == len(tags)
    assert (found["team"], found["owner"], found["traindrop:owner"]) == ("a", "b", "research")
    assert found["traindrop:run"] == "traindrop-flowers-0123456789ab"


@pytest.mark.parametrize("task", TASKS)
def test_the_metric_definitions_read_every_metric_off_the_line_that_our_scripts_print(
    task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = iter([0.5, 1e-07, 123456.0, 1.5e20, 0.25, 3.0])
    names = measured(np.array([0.0, 1.0]), np.eye(2) if task != "regression" else np.zeros(2), task)
    parts = {part: {name: next(numbers) for name in names} for part in ("train", "validation")}
    report(12, parts, {})
    request = training_job_request(a_job(task=task), TrainingConfig(framework="sklearn"))
    metrics = FinalMetrics(request["AlgorithmSpecification"]["MetricDefinitions"])
    metrics.read(capsys.readouterr().out)
    assert {each["MetricName"]: each["Value"] for each in metrics.final()} == {
        f"{part}:{name}": value for part, metrics in parts.items() for name, value in metrics.items()
    }


@pytest.mark.parametrize("framework", ["xgboost", "builtin-xgboost"])
def test_the_image_of_xgboost_has_metric_definitions_of_its_own(framework: Any) -> None:
    request = training_job_request(a_job(), TrainingConfig(framework=framework))
    assert "MetricDefinitions" not in request["AlgorithmSpecification"]


@pytest.mark.parametrize(
    "column", ["species", "007", "true", "null", '{"a": 1}', "größe (cm)", 'the "one"', "a b", "1e3"]
)
def test_column_names_reach_the_script_as_they_are(column: str) -> None:
    request = training_job_request(a_job(target=column), TrainingConfig(drop=(column, "other")))
    options = script.arguments().parse_args(script_arguments(request))
    assert options.target == column
    assert options.drop == (column, "other")
    assert (options.train, options.test) == ("flowers.csv", "held_out.csv")


def test_the_script_takes_every_hyperparameter_that_the_check_takes_with_its_value() -> None:
    given = XGBoostHyperparameters(num_round=7, max_depth=3, eta=0.3, min_child_weight=2, early_stopping_rounds=5)
    config = TrainingConfig(hyperparameters=given.model_dump(), seed=7, validation_fraction=0.1)
    options = script.arguments().parse_args(script_arguments(training_job_request(a_job(), config)))
    assert {name: getattr(options, name) for name in given.model_dump()} == given.model_dump()
    assert (options.seed, options.validation_fraction, options.task) == (7, 0.1, "binary")


def test_the_container_finds_the_bundle_and_its_program() -> None:
    decoded = decoded_hyperparameters(training_job_request(a_job(), TrainingConfig()))
    assert decoded["sagemaker_program"] == "train.py"
    assert decoded["sagemaker_submit_directory"] == "s3://traindrop-dropbucket-1a2b3c4d/code/0f1e2d/sourcedir.tar.gz"
    assert decoded["sagemaker_job_name"] == "traindrop-flowers-0123456789ab"


def test_a_request_can_be_stored_as_json_and_read_back_unchanged() -> None:
    request = training_job_request(a_job(), FULL)
    assert json.loads(json.dumps(request)) == request


def test_the_request_of_a_further_attempt_differs_in_the_jobs_name_alone_and_is_valid() -> None:
    first = training_job_request(a_job(), FULL)
    name = f"{a_job().run}-r2"
    second = for_job(first, name)
    assert problems(second) == []
    assert second["TrainingJobName"] == json.loads(second["HyperParameters"]["sagemaker_job_name"]) == name
    renamed = {"TrainingJobName": "", "HyperParameters": {}}
    assert second | renamed == first | renamed
    without_name = [
        {key: value for key, value in request["HyperParameters"].items() if key != "sagemaker_job_name"}
        for request in (first, second)
    ]
    assert without_name[0] == without_name[1]


def test_the_request_of_the_first_attempt_is_the_stored_one() -> None:
    request = training_job_request(a_job(), TrainingConfig())
    assert for_job(request, a_job().run) == request
