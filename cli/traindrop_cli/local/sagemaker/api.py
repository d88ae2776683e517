"""The front door: checks a call's parameters and hands it to training jobs, tuning jobs or the model registry."""

from collections.abc import Callable, Mapping
from typing import Any

from traindrop.job_state import Scope
from traindrop_cli.local.sagemaker.errors import ApiError, validation_error
from traindrop_cli.local.sagemaker.model_registry import OPERATIONS, ModelRegistry
from traindrop_cli.local.sagemaker.surroundings import Settings, Surroundings
from traindrop_cli.local.sagemaker.training_api import TrainingJobs
from traindrop_cli.local.sagemaker.tuning_api import TuningJobs
from traindrop_cli.local.sagemaker.validation import validate

Parameters = Mapping[str, Any]


class SageMaker:
    """One local SageMaker. `handle` may be called from several threads; jobs run in threads of their own."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._registry = ModelRegistry(settings.registry_file)
        self._training = TrainingJobs(settings, surroundings, lambda ended: self._tuning.training_job_ended(ended))
        self._tuning = TuningJobs(settings, surroundings, self._training)
        self._operations: dict[str, Callable[[Scope, Parameters], dict[str, Any]]] = {
            **self._training.operations,
            **self._tuning.operations,
            "DescribeTrainingJob": self._describe_training_job,
            "AddTags": self._add_tags,
            "ListTags": self._list_tags,
        }

    def handle(self, operation: str, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        """The answer of one call; raises ApiError."""
        if operation not in self._operations.keys() | OPERATIONS:
            known = ", ".join([*self._operations, *sorted(OPERATIONS)])
            raise ApiError("UnknownOperationException", f"The local SageMaker knows {known}; not {operation}.")
        validate(operation, parameters)
        if operation in OPERATIONS:
            return self._registry.handle(operation, scope, parameters)
        return self._operations[operation](scope, parameters)

    def tags(self, scope: Scope, arn: str) -> Mapping[str, str]:
        """What policies may ask of a job as aws:ResourceTag; nothing of one that is not there."""
        try:
            jobs, name = self._tagged(arn)
            return jobs.tags(scope, name)
        except ApiError:
            return {}

    def shut_down(self, seconds: float) -> None:
        """Send SIGTERM to every running training and wait so long, at most, for them to end."""
        self._tuning.shut_down()
        self._training.shut_down(seconds)

    def _describe_training_job(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        found = self._training.operations["DescribeTrainingJob"](scope, parameters)
        arn = self._tuning.arn_of(scope, parameters["TrainingJobName"])
        return found if arn is None else {**found, "TuningJobArn": arn}

    def _add_tags(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        jobs, name = self._tagged(parameters["ResourceArn"])
        given = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
        return {"Tags": _listed(jobs.add_tags(scope, name, given))}

    def _list_tags(self, scope: Scope, parameters: Parameters) -> dict[str, Any]:
        jobs, name = self._tagged(parameters["ResourceArn"])
        return {"Tags": _listed(jobs.tags(scope, name))}

    def _tagged(self, arn: str) -> tuple[TrainingJobs | TuningJobs, str]:
        """Whose job it is, and its name."""
        kind, _, name = arn.rpartition(":")[2].partition("/")
        if kind == "training-job":
            return self._training, name
        if kind == "hyper-parameter-tuning-job":
            return self._tuning, name
        raise validation_error("Requested resource not found.")


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
