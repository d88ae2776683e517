"""The metric that trials are compared by: one that is sure to appear, in the direction that it is known for."""

from typing import Any

import pytest

from traindrop.config import TrainingConfig
from traindrop.errors import Rejected
from traindrop.objectives import Chosen, chosen_objective

DEPTH = {"ranges": {"max_depth": {"min": 2, "max": 8}}}
REGEX = "score=([0-9.]+)"


def chosen(objective: Any = None, task: str = "binary", *, own_script: bool = False, **fields: Any) -> Chosen:
    asked = {} if objective is None else {"objective": objective}
    config = TrainingConfig.model_validate({**fields, "tuning": {**DEPTH, **asked}})
    return chosen_objective(config, task, own_script=own_script)


def why_rejected(*arguments: Any, **more: Any) -> str:
    with pytest.raises(Rejected) as error:
        chosen(*arguments, **more)
    return str(error.value)


@pytest.mark.parametrize(
    ("task", "metric", "direction"),
    [
        ("binary", "validation:auc", "maximize"),
        ("multiclass", "validation:mlogloss", "minimize"),
        ("regression", "validation:rmse", "minimize"),
    ],
)
@pytest.mark.parametrize("framework", ["xgboost", "builtin-xgboost", "sklearn", "pytorch", "tensorflow"])
def test_each_task_has_its_metric(framework: str, task: str, metric: str, direction: str) -> None:
    found = chosen(task=task, framework=framework)
    assert (found.metric, found.direction) == (metric, direction)


@pytest.mark.parametrize("name", ["logloss", "validation:logloss"])
def test_a_metric_may_be_called_by_its_short_name(name: str) -> None:
    assert chosen(name) == Chosen("validation:logloss", "minimize")


def test_a_metric_that_the_script_does_not_log_for_the_task_is_told_with_those_that_it_does() -> None:
    said = why_rejected("rmse")
    assert "found 'rmse', and framework xgboost with a binary target has validation:logloss, validation:auc" in said
    assert "Did you mean logloss?" in why_rejected("loglos")


def test_what_was_learned_by_heart_wins_nothing() -> None:
    assert "measured on the rows that the model has seen" in why_rejected("train:auc")


def test_a_task_that_is_not_certain_has_to_be_said() -> None:
    assert "Say what it is: task: binary, multiclass or regression" in why_rejected(task="auto")


def test_the_worse_trial_is_not_looked_for() -> None:
    said = why_rejected({"metric": "auc", "direction": "minimize"})
    assert "found minimize with validation:auc, of which more is better: the worst trial would win" in said
    assert chosen({"metric": "auc", "direction": "maximize"}).direction == "maximize"


def test_the_lines_of_our_scripts_are_known() -> None:
    said = why_rejected({"metric": "auc", "regex": REGEX}, framework="sklearn")
    assert "tuning.objective.regex: found with framework sklearn, whose script's lines are known" in said


def test_the_algorithm_has_more_metrics_where_it_is_told_to_measure_them() -> None:
    said = why_rejected("aucpr", framework="builtin-xgboost")
    assert "validation:aucpr is not measured: eval_metric is error,auc,logloss" in said
    assert "{eval_metric: 'error,auc,logloss,aucpr'}" in said
    found = chosen("aucpr", framework="builtin-xgboost", hyperparameters={"eval_metric": "auc,aucpr"})
    assert found == Chosen("validation:aucpr", "maximize")


def test_the_default_too_has_to_be_measured() -> None:
    said = why_rejected(framework="builtin-xgboost", hyperparameters={"eval_metric": "error"})
    assert "validation:auc is not measured: eval_metric is error" in said


@pytest.mark.parametrize("own", [{"own_script": True}, {"framework": "custom", "image_uri": "i"}])
def test_what_a_script_of_ones_own_logs_has_to_be_named(own: dict[str, Any]) -> None:
    assert "is not known. Name a metric of it, such as objective: {metric: auc" in why_rejected(**own)


def test_a_metric_of_ones_own_has_a_regular_expression() -> None:
    asked = {"metric": "score", "direction": "maximize", "regex": REGEX}
    assert chosen(asked, framework="sklearn", own_script=True) == Chosen("score", "maximize", REGEX)
    said = why_rejected("score", framework="sklearn", own_script=True)
    assert "a script of your own without tuning.objective.regex has validation:logloss" in said
    assert "Or say how it is logged: regex:" in said


def test_of_a_metric_that_nobody_knows_the_direction_has_to_be_said() -> None:
    said = why_rejected({"metric": "score", "regex": REGEX}, framework="sklearn", own_script=True)
    assert "tuning.objective.direction: missing, and of 'score' it is not known whether more is better" in said
    known = chosen({"metric": "my:rmse", "regex": REGEX}, framework="sklearn", own_script=True)
    assert known == Chosen("my:rmse", "minimize", REGEX)


def test_a_script_of_ones_own_may_log_as_ours_do() -> None:
    assert chosen("auc", framework="sklearn", own_script=True) == Chosen("validation:auc", "maximize")
    assert chosen("mlogloss", "auto", framework="pytorch", own_script=True).metric == "validation:mlogloss"


def test_in_the_image_of_xgboost_a_script_of_ones_own_has_the_algorithms_metrics() -> None:
    assert chosen("aucpr", own_script=True).metric == "validation:aucpr"
    assert "regex" not in why_rejected("score", own_script=True).partition("has")[2]
