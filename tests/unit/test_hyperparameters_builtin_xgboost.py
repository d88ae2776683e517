"""What is sent to the image's algorithm mode is what it takes: its names, plain text, complete for the task."""

import re
from typing import Any

import pytest

from traindrop.errors import Rejected
from traindrop.hyperparameters.builtin_xgboost import BuiltinXGBoostHyperparameters, metric_definitions, read_back

LESSON = {"num_round": "100", "max_depth": "5", "eta": "0.1", "subsample": "0.8", "colsample_bytree": "0.8"}
TASK: dict[str, dict[str, str]] = {
    "binary": {"objective": "binary:logistic", "eval_metric": "error,auc,logloss"},
    "multiclass": {"objective": "multi:softprob", "eval_metric": "merror,mlogloss", "num_class": "3"},
    "regression": {"objective": "reg:squarederror", "eval_metric": "mae,rmse"},
}
CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}


def checked(**given: Any) -> BuiltinXGBoostHyperparameters:
    return BuiltinXGBoostHyperparameters.checked(given, framework="builtin-xgboost")


def sent(task: str = "binary", *, validation: bool = True, **given: Any) -> dict[str, str]:
    return checked(**given).for_task(task, classes=CLASSES[task], seed=42, validation=validation)


@pytest.mark.parametrize("task", TASK)
def test_without_wishes_the_lessons_settings_and_the_tasks_objective_are_sent(task: str) -> None:
    assert sent(task) == {**LESSON, **TASK[task], "seed": "42"}


def test_wishes_are_sent_by_the_algorithms_names_as_plain_text() -> None:
    wishes: dict[str, Any] = {"lambda": 2, "alpha": 0.5, "max_depth": 3, "booster": "dart", "eval_metric": "auc,aucpr"}
    found = sent(**wishes)
    assert {name: found[name] for name in wishes} == {
        "lambda": "2.0", "alpha": "0.5", "max_depth": "3", "booster": "dart", "eval_metric": "auc,aucpr",
    }  # fmt: skip


def test_for_a_regression_another_objective_may_be_chosen() -> None:
    found = sent("regression", objective="reg:tweedie", tweedie_variance_power=1.2)
    assert (found["objective"], found["tweedie_variance_power"]) == ("reg:tweedie", "1.2")


@pytest.mark.parametrize("task", TASK)
def test_what_is_sent_is_read_back_by_type(task: str) -> None:
    found = read_back(sent(task, gamma=1))
    assert (found["num_round"], found["eta"], found["gamma"], found["seed"]) == (100, 0.1, 1.0, 42)
    assert found["objective"] == TASK[task]["objective"]
    assert found.keys() == sent(task, gamma=1).keys()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"reg_lambda": 1}, r"hyperparameters\.reg_lambda: there is no such hyperparameter.*lambda, alpha"),
        ({"csv_weights": 1}, "csv_weights: there is no such hyperparameter"),
        ({"seed": 1}, "seed: there is no such hyperparameter"),
        ({"lambda": -1}, r"hyperparameters\.lambda: found -1; it should be greater than or equal to 0"),
        ({"booster": "gblinear"}, "booster: found 'gblinear'; it should be 'gbtree' or 'dart'"),
        ({"early_stopping_rounds": 0}, "early_stopping_rounds: found 0"),
        ({"subsample": 0}, "subsample: found 0; it should be greater than 0"),
        ({"eta": "0.1"}, "eta: found '0.1'; it should be a valid number"),
    ],
)
def test_what_the_image_would_not_take_is_rejected_by_name(given: dict[str, Any], message: str) -> None:
    with pytest.raises(Rejected, match=message):
        checked(**given)


@pytest.mark.parametrize(
    ("task", "given", "message"),
    [
        ("binary", {"objective": "binary:hinge"}, r"objective 'binary:hinge' is none for binary: binary:logistic\."),
        ("multiclass", {"objective": "multi:softmax"}, "is none for multiclass: multi:softprob"),
        ("multiclass", {"eval_metric": "auc"}, "eval_metric auc is none for multiclass: merror, mlogloss"),
        ("regression", {"eval_metric": "rmse, mae"}, "eval_metric  mae is none for regression"),
        ("regression", {"scale_pos_weight": 2}, "scale_pos_weight is for two classes, and the task is regression"),
        ("multiclass", {"num_class": 4}, "num_class is 4, and the file has 3 classes"),
    ],
)
def test_what_does_not_go_with_the_task_is_rejected(task: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(Rejected, match=rf"^training\.yaml: hyperparameters\..*{message}"):
        sent(task, **given)


def test_early_stopping_needs_rows_to_validate_on() -> None:
    assert sent(early_stopping_rounds=5)["early_stopping_rounds"] == "5"
    with pytest.raises(Rejected, match="early_stopping_rounds needs rows to validate on, and there are none"):
        sent(early_stopping_rounds=5, validation=False)


@pytest.mark.parametrize("tab", ["\t", "#011"])
@pytest.mark.parametrize("task", TASK)
def test_every_metric_is_found_in_the_images_lines(task: str, tab: str) -> None:
    names = TASK[task]["eval_metric"].split(",")
    parts = [f"{part}-{name}:0.{index}5" for part in ("train", "validation") for index, name in enumerate(names)]
    line = tab.join(["[12]", *parts])
    definitions = {definition["Name"]: definition["Regex"] for definition in metric_definitions(task)}
    assert len(definitions) <= 40, "more are refused by CreateTrainingJob"
    found = {name: match[1] for name, regex in definitions.items() if (match := re.search(regex, line))}
    assert found == {
        f"{part}:{name}": f"0.{index}5" for part in ("train", "validation") for index, name in enumerate(names)
    }
