"""What is decided of a tuning before money is spent, once the file is checked and the place is known."""

from typing import Any

from traindrop.config import TrainingConfig
from traindrop.errors import Rejected
from traindrop.lambda_limits import LAMBDA
from traindrop.objectives import chosen_objective
from traindrop.placement import Placement
from traindrop.run import LONGEST_TUNING_STACK, MAX_TUNING_NAME
from traindrop.tuned_ranges import TUNED_BY_SAGEMAKER
from traindrop.tuning_request import longest_tuning_seconds, rounds_of
from traindrop.tuning_rules import OF_XGBOOST

# "Evaluation Metrics Computed by the XGBoost Algorithm": objectives that SageMaker takes with its image of XGBoost.
# https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html
_OBJECTIVES_OF_SAGEMAKER = (
    "accuracy", "auc", "error", "f1", "logloss", "mae", "map", "merror", "mlogloss", "mse", "ndcg", "rmse"
)  # fmt: skip


def tuning_fields(
    config: TrainingConfig, task: str, placement: Placement, run: str, *, own_script: bool
) -> dict[str, Any]:
    """By the fields of a run; none where nothing is tuned. `task`: auto where it is not certain.

    Raises `Rejected` for what cannot be tuned there, or at all.
    """
    tuning = config.tuning
    if tuning is None:
        return {}
    _check_name(run)
    if tuning.strategy == "hyperband":
        rounds_of(config, own_script=own_script)
    objective = chosen_objective(config, task, own_script=own_script)
    if placement.instance_type != LAMBDA and config.framework in OF_XGBOOST:
        _check_ranges(tuple(tuning.ranges))
        _check_objective(objective.metric)
    return {
        "max_trials": tuning.trials,
        "max_parallel": tuning.parallel,
        "objective": objective.metric,
        "direction": objective.direction,
        "longest_seconds": longest_tuning_seconds(config),
    }


def _check_name(run: str) -> None:
    if len(run) > MAX_TUNING_NAME:
        raise Rejected(
            "training.yaml: tuning: the name of a tuning job has at most 32 characters, and begins with that of the "
            f"stack, which may have {LONGEST_TUNING_STACK} of them; this run would be {run}. Leave tuning out, or "
            "deploy a stack with a shorter name for it."
        )


_OR_IN_LAMBDA = "or train in Lambda (instance_type: lambda)"


def _check_ranges(names: tuple[str, ...]) -> None:
    refused = [name for name in names if name not in TUNED_BY_SAGEMAKER]
    if refused:
        raise Rejected(
            f"training.yaml: tuning.ranges: found {', '.join(refused)}, and of its XGBoost image SageMaker tunes "
            f"{', '.join(TUNED_BY_SAGEMAKER)} only, whatever script runs in it. Set the others under hyperparameters, "
            f"{_OR_IN_LAMBDA}, where all that the script takes can be searched."
        )


def _check_objective(metric: str) -> None:
    if metric.partition(":")[2] not in _OBJECTIVES_OF_SAGEMAKER:
        raise Rejected(
            f"training.yaml: tuning.objective: found {metric}, and with its XGBoost image SageMaker compares trials by "
            f"{', '.join(_OBJECTIVES_OF_SAGEMAKER)} only. Take one of those that the script logs, {_OR_IN_LAMBDA}."
        )
