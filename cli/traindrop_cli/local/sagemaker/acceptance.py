"""What CreateTrainingJob refuses beyond the shape of its parameters, in AWS's words where they are known."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from traindrop.job_state import JobState, Scope, max_runtime, training_job_arn
from traindrop.steps import is_algorithm_image
from traindrop_cli.local.sagemaker.errors import ApiError, validation_error


def refuse_contradictions(request: Mapping[str, Any]) -> None:
    """Raise ApiError for fields that do not go together. The model marks fewer fields as required than a job needs."""
    for name in ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"):
        if name not in request:
            raise validation_error(f"{name} is required for a training job that is not serverless.")
    algorithm = request["AlgorithmSpecification"]
    if ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):
        raise validation_error("You must specify exactly one of TrainingImage and AlgorithmName.")
    if algorithm.get("MetricDefinitions") and is_algorithm_image(request):
        raise validation_error(
            "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request "
            "without specifying metric definitions."
        )
    resources = request["ResourceConfig"]
    if "InstanceGroups" not in resources and not {"InstanceType", "InstanceCount"} <= resources.keys():
        raise validation_error("InstanceType and InstanceCount are required in ResourceConfig.")
    counted = Counter(channel["ChannelName"] for channel in request.get("InputDataConfig", []))
    if repeated := [name for name, times in counted.items() if times > 1]:
        raise validation_error(f"Channel names must be unique: {', '.join(repeated)} given more than once.")
    _refuse_wrong_waiting(request)


def refuse_taken_name(scope: Scope, name: str, others: Sequence[JobState]) -> None:
    if any(job.name == name for job in others):
        arn = training_job_arn(scope, name)
        raise ApiError(
            "ResourceInUse",
            "Training job names must be unique within an AWS account and region, and a training job with this "
            f"name already exists ({arn})",
        )


def refuse_over_quota(
    request: Mapping[str, Any], others: Sequence[JobState], quotas: Mapping[str, int], copies: int = 1
) -> None:
    """Raise ResourceLimitExceeded where the instances of `copies` such jobs at a time, and those in use, exceed the
    quota of their type."""
    for kind, instances in _instances(request).items():
        delta = instances * copies
        used = sum(_instances(job.request).get(kind, 0) for job in others if not job.is_over)
        if kind in quotas and used + delta > quotas[kind]:
            raise ApiError(
                "ResourceLimitExceeded",
                f"The account-level service limit '{kind} for training job usage' is {quotas[kind]} Instances, with "
                f"current utilization of {used} Instances and a request delta of {delta} Instances. Please use AWS "
                "Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, "
                "contact AWS support to request an increase for this quota.",
            )


def unassumable_role(role_arn: str) -> ApiError:
    return validation_error(
        f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )


def _refuse_wrong_waiting(request: Mapping[str, Any]) -> None:
    wait = request["StoppingCondition"].get("MaxWaitTimeInSeconds")
    spot = request.get("EnableManagedSpotTraining", False)
    if spot and (wait is None or wait < max_runtime(request)):
        raise validation_error(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )
    if wait is not None and not spot:
        raise validation_error("MaxWaitTimeInSeconds above 0 is not supported when EnableManagedSpotTraining is false.")


def _instances(request: Mapping[str, Any]) -> Counter[str]:
    resources = request["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [resources]
    return Counter({group["InstanceType"]: group["InstanceCount"] for group in groups})
