"""What is tuned most often, on the local SageMaker: our script, and the image's own algorithm."""

import json
from typing import Any

import pytest
from tests.functional.local_fixtures.aws import BUCKET, client, upload_bundle
from tests.functional.local_fixtures.tuning import children, limits, tuned

from traindrop.hyperparameters.builtin_xgboost import BuiltinXGBoostHyperparameters
from traindrop_cli.local.client import LocalAws

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

XGBOOST = {
    "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5",
    "TrainingInputMode": "File",
}
ROWS = "".join(f"{n % 3 > 0:d},{n % 3},{n % 7}\n" for n in range(90))


@pytest.fixture
def channels(aws: LocalAws) -> list[dict[str, Any]]:
    """Of the algorithm, which reads no header; of the script it is `train` alone, with one."""
    found = []
    for part, body in (("train", ROWS), ("validation", ROWS), ("ours", f"y,a,b\n{ROWS}")):
        client(aws, "s3").put_object(Bucket=BUCKET, Key=f"datasets/tuned/{part}/rows.csv", Body=body.encode())
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/datasets/tuned/{part}/"}
        found.append({"ChannelName": part, "ContentType": "text/csv", "DataSource": {"S3DataSource": source}})
    return found


def values(aws: LocalAws, tuning: dict[str, Any]) -> list[float]:
    found = children(aws, tuning["HyperParameterTuningJobName"])
    return [each["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for each in found]


def test_the_training_script_of_ours_is_tuned_by_what_it_logs(aws: LocalAws, channels: list[dict[str, Any]]) -> None:
    code = upload_bundle(aws, "xgboost")
    static = {
        "sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(code), "target": '"y"',
        "num_round": "5",
    }  # fmt: skip
    eta = {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.5", "ScalingType": "Logarithmic"}
    depth = {"Name": "max_depth", "MinValue": "1", "MaxValue": "6"}
    ranges = {"ContinuousParameterRanges": [eta], "IntegerParameterRanges": [depth]}
    tuning = tuned(
        aws, code, {**limits(3, parallel=2), "Strategy": "Bayesian", "ParameterRanges": ranges},
        StaticHyperParameters=static, InputDataConfig=[{**channels[2], "ChannelName": "train"}],
        AlgorithmSpecification=XGBOOST, Environment={"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert tuning["HyperParameterTuningJobStatus"] == "Completed", tuning.get("FailureReason")
    best = tuning["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert best == {"MetricName": "validation:auc", "Value": max(values(aws, tuning))}


def test_the_algorithm_measures_what_is_tuned_for_though_nothing_else_asks_for_it(
    aws: LocalAws, channels: list[dict[str, Any]]
) -> None:
    given = {"nthread": 1, "num_round": 5, "eval_metric": "error"}
    wishes = BuiltinXGBoostHyperparameters.checked(given, framework="builtin-xgboost")
    static = wishes.for_task("binary", classes=2, seed=7, validation=True)
    del static["eta"]
    eta = {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}]}
    objective = {"Type": "Minimize", "MetricName": "validation:logloss"}
    tuning = tuned(
        aws, "", {"ParameterRanges": eta, "HyperParameterTuningJobObjective": objective},
        StaticHyperParameters=static, InputDataConfig=channels[:2], AlgorithmSpecification=XGBOOST,
        Environment={"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert tuning["HyperParameterTuningJobStatus"] == "Completed", tuning.get("FailureReason")
    best = tuning["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert best == {"MetricName": "validation:logloss", "Value": min(values(aws, tuning))}
