"""CreateHyperParameterTuningJob requests and trials, as small as a search needs them."""

from collections.abc import Mapping
from typing import Any

from traindrop.trial import Trial

DEPTH = {"Name": "max_depth", "MinValue": "2", "MaxValue": "8", "ScalingType": "Linear"}
ETA = {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.3", "ScalingType": "Logarithmic"}
REFIT = {"Name": "refit", "Values": ["true", '"auto"', "0.5"]}


def tuning_request(
    strategy: str = "Random",
    *,
    integers: tuple[Mapping[str, Any], ...] = (DEPTH,),
    numbers: tuple[Mapping[str, Any], ...] = (ETA,),
    choices: tuple[Mapping[str, Any], ...] = (REFIT,),
    **config: Any,
) -> dict[str, Any]:
    """Of script mode; `config` is of HyperParameterTuningJobConfig."""
    ranges = {
        "IntegerParameterRanges": list(integers),
        "ContinuousParameterRanges": list(numbers),
        "CategoricalParameterRanges": list(choices),
    }
    return {
        "HyperParameterTuningJobName": "traindrop-a-0123456789ab",
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 4},
            "ParameterRanges": ranges,
            **config,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": '"s3://bucket/code"',
                "sagemaker_job_name": '"traindrop-a-0123456789ab"',
                "target": '"y"',
            },
            "AlgorithmSpecification": {
                "TrainingImage": "image",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "validation:auc", "Regex": "auc=([0-9.]+)"}],
            },
            "RoleArn": "arn:aws:iam::111122223333:role/training",
            "InputDataConfig": [],
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/runs/traindrop-a-0123456789ab/trials"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            "EnableNetworkIsolation": True,
        },
        "Tags": [{"Key": "traindrop:run", "Value": "traindrop-a-0123456789ab"}],
    }


def a_trial(number: int, objective: float | None = None, **fields: Any) -> Trial:
    """Completed, unless `fields` have it otherwise."""
    return Trial(**{"number": number, "job": f"job-{number}", "status": "completed", "objective": objective, **fields})
