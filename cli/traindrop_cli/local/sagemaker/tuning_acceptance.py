"""What CreateHyperParameterTuningJob refuses beyond the shape of its parameters, in AWS's words where they are known.

And what the local SageMaker does not do: several definitions, warm starts, Autotune, completion criteria.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from traindrop.final_metrics import definitions_of
from traindrop_cli.local.sagemaker.errors import ApiError, validation_error
from traindrop_cli.local.sagemaker.tuning_ranges import combinations, refuse_ranges
from traindrop_cli.local.sagemaker.tuning_state import TuningState

_NOT_DONE = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")
_NOT_DONE_OF_CONFIG = ("TuningJobCompletionCriteria",)
_NOT_DONE_OF_DEFINITION = ("TuningObjective", "HyperParameterRanges", "HyperParameterTuningResourceConfig")
# Where MaxResource is inferred from, and the most there is of it (HyperbandStrategyConfig, API reference).
_EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
MOST_RESOURCES = 20_000


def refuse_contradictions(request: Mapping[str, Any]) -> None:
    """Raise ApiError for fields that do not go together, and for what is not done here."""
    _refuse_what_is_not_done(request)
    refuse_ranges(request)
    for rule in (_objective, _limits, _hyperband):
        for problem in rule(request):
            raise validation_error(problem)


def refuse_taken_name(name: str, others: Sequence[TuningState]) -> None:
    """Names are not case sensitive (CreateHyperParameterTuningJob, API reference)."""
    if any(other.name.lower() == name.lower() for other in others):
        # Its words: https://github.com/aws/amazon-sagemaker-examples/issues/2440
        raise ApiError(
            "ResourceInUse",
            f"A hyperparameter tuning job with the name, {name}, already exists. Choose a different name.",
        )


def not_found(name: str) -> ApiError:
    # Its words: https://github.com/aws/amazon-sagemaker-examples/issues/1540
    return ApiError("ResourceNotFound", f"Amazon SageMaker can't find a tuning job called {name}. Type another name.")


def most_jobs(request: Mapping[str, Any]) -> int:
    """How many training jobs there may be: of a grid, all that there can be."""
    config = request["HyperParameterTuningJobConfig"]
    limit = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    return int(combinations(config["ParameterRanges"]) if limit is None else limit)


def _refuse_what_is_not_done(request: Mapping[str, Any]) -> None:
    definition, config = request.get("TrainingJobDefinition"), request["HyperParameterTuningJobConfig"]
    found = [
        *(name for name in _NOT_DONE if name in request),
        *(name for name in _NOT_DONE_OF_CONFIG if name in config),
        *(name for name in _NOT_DONE_OF_DEFINITION if name in (definition or {})),
    ]
    if found:
        raise validation_error(f"The local SageMaker does not know {', '.join(found)} of a tuning job.")
    if definition is None:
        raise validation_error("TrainingJobDefinition is required.")


def _objective(request: Mapping[str, Any]) -> Iterator[str]:
    objective = request["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective")
    named = {each["Name"] for each in definitions_of(request["TrainingJobDefinition"])}
    if objective is None or objective["MetricName"] not in named:
        # Its words: https://github.com/aws/sagemaker-python-sdk/issues/3932
        yield (
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric "
            "definitions."
        )


def _limits(request: Mapping[str, Any]) -> Iterator[str]:
    config = request["HyperParameterTuningJobConfig"]
    limits, ranges, is_grid = config["ResourceLimits"], config["ParameterRanges"], config["Strategy"] == "Grid"
    most, there_are = limits.get("MaxNumberOfTrainingJobs"), combinations(ranges)
    if is_grid and (ranges.get("IntegerParameterRanges") or ranges.get("ContinuousParameterRanges")):
        yield "Only categorical parameters are supported when using the grid search strategy."
    if most is None and not is_grid:
        yield "MaxNumberOfTrainingJobs is required unless the strategy is Grid."
    if is_grid and most is not None and most != there_are:
        yield (
            f"MaxNumberOfTrainingJobs, [{most}], must equal the total number of distinct categorical combinations, "
            f"[{there_are}]."
        )
    if most is not None and there_are < most:
        # Its words: https://github.com/aws/amazon-sagemaker-operator-for-k8s/issues/123
        yield (
            "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter "
            f"combinations for the provided ranges [{float(there_are)}] must be equal or greater than the value of "
            f"MaxNumberOfJobs, [{most}]. Provide additional ranges."
        )
    if limits["MaxParallelTrainingJobs"] > (there_are if most is None else most):
        yield "MaxParallelTrainingJobs must be less than or equal to MaxNumberOfTrainingJobs."


def _hyperband(request: Mapping[str, Any]) -> Iterator[str]:
    config = request["HyperParameterTuningJobConfig"]
    found = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig")
    if config["Strategy"] != "Hyperband":
        if found is not None:
            yield "HyperbandStrategyConfig should be provided only if Hyperband is selected as the strategy."
        return
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        yield "TrainingJobEarlyStoppingType must be Off to use the Hyperband strategy."
    static = request["TrainingJobDefinition"].get("StaticHyperParameters", {})
    least, most = (found or {}).get("MinResource", 1), (found or {}).get("MaxResource")
    if most is None:
        most = next((int(static[name]) for name in _EPOCHS if static.get(name, "").isdecimal()), None)
    if most is None:
        yield f"MaxResource is required for Hyperband where none of {', '.join(_EPOCHS)} is a static hyperparameter."
    elif not least < most <= MOST_RESOURCES:
        yield f"MinResource, [{least}], must be less than MaxResource, [{most}], and that at most {MOST_RESOURCES}."
