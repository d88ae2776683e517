"""What a tuning compares its trials by: a metric that they are sure to log, and whether more of it is better."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass

from traindrop.config import TrainingConfig
from traindrop.errors import Rejected
from traindrop.hyperparameters import builtin_xgboost
from traindrop.request import METRICS
from traindrop.tuning_config import Direction, Objective
from traindrop.tuning_rules import OF_XGBOOST

# Of the rows that the model does not see: by the others, whoever learns the rows by heart is best.
VALIDATION = "validation"
_BY_TASK = {"binary": "auc", "multiclass": "mlogloss", "regression": "rmse"}
_MORE_IS_BETTER = {
    "accuracy", "auc", "aucpr", "average_precision", "balanced_accuracy", "f1", "f1_macro", "f1_weighted", "map",
    "ndcg", "precision", "r2", "recall",
}  # fmt: skip
_LESS_IS_BETTER = {"loss", "log_loss", "mse"} | {
    metric
    for known in (METRICS, builtin_xgboost.METRICS)
    for metrics in known.values()
    for metric in metrics
    if metric not in _MORE_IS_BETTER
}
_WHERE = "training.yaml: tuning.objective"


@dataclass(frozen=True)
class Chosen:
    """`metric`: its whole name, as SageMaker has it; `regex` only where the person gave one."""

    metric: str
    direction: Direction
    regex: str | None = None


def chosen_objective(config: TrainingConfig, task: str, *, own_script: bool) -> Chosen:
    """`task`: auto where the file was seen in part and may turn out another. Raises `Rejected` for a metric that would
    never appear, or of which nobody knows whether more is better."""
    asked = config.tuning.objective if config.tuning else None
    if own_script or config.framework == "custom":
        return _of_own_script(config, asked, task)
    return _of_ours(config, asked, task)


def _of_ours(config: TrainingConfig, asked: Objective | None, task: str) -> Chosen:
    if task == "auto":
        raise Rejected(
            f"{_WHERE}: the task is not certain, as only the beginning of the file was looked at, and each task has "
            "metrics of its own. Say what it is: task: binary, multiclass or regression."
        )
    if asked is not None and asked.regex is not None:
        raise Rejected(
            f"{_WHERE}.regex: found with framework {config.framework}, whose script's lines are known. Leave it out."
        )
    name = _BY_TASK[task] if asked is None else asked.metric
    metric = _known(name, _logged(config, task), f"framework {config.framework} with a {task} target")
    if config.framework == "builtin-xgboost":
        _check_measured(config, metric, task)
    return _chosen(metric, asked)


def _logged(config: TrainingConfig, task: str) -> tuple[str, ...]:
    return (builtin_xgboost.METRICS if config.framework == "builtin-xgboost" else METRICS)[task]


def _check_measured(config: TrainingConfig, metric: str, task: str) -> None:
    """The algorithm measures what it is told to."""
    measured = str(config.hyperparameters.get("eval_metric") or builtin_xgboost.DEFAULT_METRICS[task])
    short = metric.partition(":")[2]
    if short not in measured.split(","):
        raise Rejected(
            f"{_WHERE}: {metric} is not measured: eval_metric is {measured}. Set hyperparameters: {{eval_metric: "
            f"'{measured},{short}'}}, or take one of those as the objective."
        )


def _of_own_script(config: TrainingConfig, asked: Objective | None, task: str) -> Chosen:
    whose = "an image of your own" if config.framework == "custom" else "a script of your own"
    if asked is None:
        raise Rejected(
            f"{_WHERE}: missing, and what {whose} logs is not known. Name a metric of it, such as objective: {{metric: "
            "auc, direction: maximize, regex: 'auc=([0-9.]+)'}."
        )
    if asked.regex is not None:
        return _chosen(asked.metric, asked)
    known = builtin_xgboost.METRICS if config.framework in OF_XGBOOST else METRICS
    # What a script trains for is its own affair; where it is not certain, all metrics are looked for.
    names = known.get(task) or tuple(dict.fromkeys(name for each in known.values() for name in each))
    regex = "" if config.framework in OF_XGBOOST else " Or say how it is logged: regex: 'name=([0-9.]+)'."
    return _chosen(_known(asked.metric, names, f"{whose} without tuning.objective.regex", also=regex), asked)


def _known(name: str, metrics: Collection[str], whose: str, *, also: str = "") -> str:
    """The whole name of a metric that is found in the log."""
    part, _, short = name.rpartition(":")
    if part == "train":
        raise Rejected(
            f"{_WHERE}: found {name!r}, which is measured on the rows that the model has seen: the trial that learns "
            f"them by heart would win. Take {VALIDATION}:{short}."
        )
    if part not in {"", VALIDATION} or short not in metrics:
        near = difflib.get_close_matches(short, metrics, n=1)
        names = ", ".join(f"{VALIDATION}:{metric}" for metric in metrics)
        raise Rejected(
            f"{_WHERE}: found {name!r}, and {whose} has {names}.{f' Did you mean {near[0]}?' if near else ''}{also}"
        )
    return f"{VALIDATION}:{short}"


def _chosen(metric: str, asked: Objective | None) -> Chosen:
    short = metric.rpartition(":")[2]
    known: Direction | None = (
        "maximize" if short in _MORE_IS_BETTER else "minimize" if short in _LESS_IS_BETTER else None
    )
    given = asked.direction if asked else None
    if given is None and known is None:
        raise Rejected(
            f"{_WHERE}.direction: missing, and of {metric!r} it is not known whether more is better. Set it to "
            "maximize or minimize."
        )
    regex = asked.regex if asked else None
    if regex is None and known is not None and given not in {None, known}:
        raise Rejected(
            f"{_WHERE}.direction: found {given} with {metric}, of which {'more' if known == 'maximize' else 'less'} is "
            "better: the worst trial would win. Leave it out."
        )
    direction = given or known
    assert direction is not None  # noqa: S101 - of the two one is there
    return Chosen(metric, direction, regex)
