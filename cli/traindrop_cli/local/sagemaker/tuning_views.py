"""How DescribeHyperParameterTuningJob, the lists and the events show a tuning job."""

import math
from collections import Counter
from typing import Any

from traindrop.job_state import JobState
from traindrop.script_mode import TUNING_METRIC
from traindrop_cli.local.sagemaker.tuning_state import (
    Child,
    Jobs,
    TuningState,
    best,
    objective_status,
    objective_value,
)

EVENT = "SageMaker HyperParameter Tuning Job State Change"


def describe(tuning: TuningState, jobs: Jobs) -> dict[str, Any]:
    """The answer of DescribeHyperParameterTuningJob."""
    found = best(tuning, jobs)
    answer = {
        "HyperParameterTuningJobName": tuning.name,
        "HyperParameterTuningJobConfig": tuning.config,
        "TrainingJobDefinition": _definition(tuning),
        "HyperParameterTuningJobArn": tuning.arn,
        "HyperParameterTuningJobStatus": tuning.status,
        "CreationTime": tuning.created,
        "HyperParameterTuningEndTime": tuning.ended,
        "LastModifiedTime": tuning.modified,
        **counters(tuning, jobs),
        "BestTrainingJob": None if found is None else child_summary(tuning, found, jobs),
        "FailureReason": tuning.failure_reason,
        "ConsumedResources": {"RuntimeInSeconds": _seconds(tuning)} if tuning.ended is not None else None,
    }
    return {key: value for key, value in answer.items() if value is not None}


def summary(tuning: TuningState, jobs: Jobs) -> dict[str, Any]:
    """Its entry in the answer of ListHyperParameterTuningJobs."""
    answer = {
        "HyperParameterTuningJobName": tuning.name,
        "HyperParameterTuningJobArn": tuning.arn,
        "HyperParameterTuningJobStatus": tuning.status,
        "Strategy": tuning.config["Strategy"],
        "CreationTime": tuning.created,
        "HyperParameterTuningEndTime": tuning.ended,
        "LastModifiedTime": tuning.modified,
        **counters(tuning, jobs),
        "ResourceLimits": tuning.config["ResourceLimits"],
    }
    return {key: value for key, value in answer.items() if value is not None}


def child_summary(tuning: TuningState, child: Child, jobs: Jobs) -> dict[str, Any]:
    """A training job's entry in the answer of ListTrainingJobsForHyperParameterTuningJob."""
    job = jobs[child.job]
    value = objective_value(tuning, job)
    answer = {
        "TrainingJobDefinitionName": tuning.request["TrainingJobDefinition"].get("DefinitionName"),
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "CreationTime": job.created,
        "TrainingStartTime": job.training_started,
        "TrainingEndTime": job.training_ended,
        "TrainingJobStatus": job.status,
        "TunedHyperParameters": dict(child.hyperparameters),
        "FailureReason": job.failure_reason,
        "FinalHyperParameterTuningJobObjectiveMetric": None
        if value is None
        else {"MetricName": tuning.metric, "Value": value},
        "ObjectiveStatus": objective_status(tuning, job),
    }
    return {key: shown for key, shown in answer.items() if shown is not None}


def event_detail(tuning: TuningState, jobs: Jobs) -> dict[str, Any]:
    """The detail of its state change event, as documented: times are epoch milliseconds in strings, and neither the
    best training job nor a reason is told.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html#eventbridge-hpo
    """
    return {
        "HyperParameterTuningJobName": tuning.name,
        "HyperParameterTuningJobArn": tuning.arn,
        "TrainingJobDefinition": _definition(tuning),
        "HyperParameterTuningJobStatus": tuning.status,
        "CreationTime": str(int(tuning.created * 1000)),
        "LastModifiedTime": str(int(tuning.modified * 1000)),
        **counters(tuning, jobs),
        "Tags": dict(tuning.tags),
    }


def counters(tuning: TuningState, jobs: Jobs) -> dict[str, dict[str, int]]:
    """TrainingJobStatusCounters and ObjectiveStatusCounters."""
    found = [jobs[child.job] for child in tuning.children]
    of_jobs = Counter(_counted_as(job) for job in found)
    of_objectives = Counter(objective_status(tuning, job) for job in found)
    kinds = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    return {
        "TrainingJobStatusCounters": {kind: of_jobs[kind] for kind in kinds},
        "ObjectiveStatusCounters": {kind: of_objectives[kind] for kind in ("Succeeded", "Pending", "Failed")},
    }


def _counted_as(job: JobState) -> str:
    if job.status == "Failed":
        # "… can be retried only if it failed because an internal service error occurred" (TrainingJobStatusCounters)
        retryable = (job.failure_reason or "").startswith("InternalServerError")
        return "RetryableError" if retryable else "NonRetryableError"
    return job.status if job.is_over else "InProgress"


def _definition(tuning: TuningState) -> dict[str, Any]:
    """As it was asked for, with the hyperparameter that SageMaker adds."""
    definition = tuning.request["TrainingJobDefinition"]
    static = {**definition.get("StaticHyperParameters", {}), TUNING_METRIC: tuning.metric}
    return {**definition, "StaticHyperParameters": static}


def _seconds(tuning: TuningState) -> int:
    return math.ceil((tuning.ended or tuning.modified) - tuning.created)
