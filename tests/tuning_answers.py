"""Tuning jobs as SageMaker describes them and lists their training jobs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.builders import a_run

from traindrop.run import Run

START = datetime(2026, 11, 12, tzinfo=UTC)
AUC = "validation:auc"


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def a_tuned_run(**changes: Any) -> Run:
    tuned = {"max_trials": 3, "max_parallel": 2, "objective": AUC, "direction": "maximize"}
    return a_run(**{"instance_type": "ml.m5.large", "framework": "sklearn", **tuned, **changes})


def described(status: str = "Completed", *, name: str | None = None, **changes: Any) -> dict[str, Any]:
    """The answer of DescribeHyperParameterTuningJob; `config` and `definition` among the changes replace parts."""
    config, definition = changes.pop("config", {}), changes.pop("definition", {})
    job = name or a_tuned_run().job
    ended = {"HyperParameterTuningEndTime": at(30)} if status in {"Completed", "Failed", "Stopped"} else {}
    return {
        "HyperParameterTuningJobName": job,
        "HyperParameterTuningJobArn": f"arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/{job}",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": AUC},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "2", "MaxValue": "9"}],
                "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.01", "MaxValue": "0.3"}],
                "CategoricalParameterRanges": [{"Name": "booster", "Values": ['"gbtree"', '"dart"']}],
            },
            "TrainingJobEarlyStoppingType": "Auto",
            **config,
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"target": '"species"'},
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "RoleArn": "arn:aws:iam::111122223333:role/traindrop-TrainingRole-1A2B3C4D5E6F",
            "OutputDataConfig": {"S3OutputPath": f"s3://bucket/runs/{job}/trials"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            **definition,
        },
        "HyperParameterTuningJobStatus": status,
        "CreationTime": at(0),
        "LastModifiedTime": at(30),
        "TrainingJobStatusCounters": {"Completed": 3, "InProgress": 0},
        "ObjectiveStatusCounters": {"Succeeded": 3, "Pending": 0, "Failed": 0},
        **ended,
        **changes,
    }


def child(
    number: int, value: float | None = None, status: str = "Completed", *, tuning: str | None = None, **changes: Any
) -> dict[str, Any]:
    """An entry of ListTrainingJobsForHyperParameterTuningJob: it began at minute 10 × `number` and took 100 s."""
    began = at(10 * number)
    objective = {"Type": "Maximize", "MetricName": AUC, "Value": value}
    return {
        "TrainingJobName": f"{tuning or a_tuned_run().job}-{number:03d}-{number:08x}",
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/any",
        "CreationTime": began - timedelta(minutes=1),
        "TrainingStartTime": began,
        "TrainingEndTime": began + timedelta(seconds=100),
        "TrainingJobStatus": status,
        "TunedHyperParameters": {"max_depth": str(number + 2), "eta": "0.1", "booster": '"gbtree"'},
        "ObjectiveStatus": "Succeeded" if value is not None else "Failed",
        **({"FinalHyperParameterTuningJobObjectiveMetric": objective} if value is not None else {}),
        **changes,
    }


def defaults_job(value: float | None = 0.8, status: str = "Completed", **changes: Any) -> dict[str, Any]:
    """What DescribeTrainingJob says of the training job with the defaults."""
    return {
        "TrainingJobName": a_tuned_run().defaults_job,
        "TrainingJobStatus": status,
        "SecondaryStatus": status,
        "HyperParameters": {"target": '"species"', "max_depth": "6"},
        "CreationTime": at(0),
        "TrainingStartTime": at(1),
        "TrainingEndTime": at(2),
        "BillableTimeInSeconds": 60,
        "FinalMetricDataList": [] if value is None else [{"MetricName": AUC, "Value": value, "Timestamp": at(2)}],
        **changes,
    }
