"""Hyperparameters are refused before a job is paid for, and those that pass are the script's own flags."""

import argparse
from typing import Any

import pytest
from training_scripts.xgboost.train import arguments

from traindrop.errors import Rejected
from traindrop.hyperparameters.reference import page
from traindrop.hyperparameters.xgboost import XGBoostHyperparameters

# What the launcher sets from other fields of training.yaml.
OTHERS = {"help", "train", "test", "target", "task", "drop", "validation_fraction", "seed"}


def flags() -> dict[str, argparse.Action]:
    return {action.dest: action for action in arguments()._actions if action.dest not in OTHERS}


def test_the_table_names_the_flags_of_the_training_script_with_their_defaults() -> None:
    fields = XGBoostHyperparameters.model_fields
    assert {name: field.default for name, field in fields.items()} == {n: a.default for n, a in flags().items()}


@pytest.mark.parametrize("name", XGBoostHyperparameters.model_fields)
def test_the_training_script_reads_each_value_back_as_the_table_has_it(name: str) -> None:
    value = getattr(XGBoostHyperparameters(), name)
    found = getattr(arguments().parse_args(["--target", "y", f"--{name}", str(value)]), name)
    assert (found, type(found)) == (value, type(flags()[name].default))


def test_the_lessons_hyperparameters_are_the_defaults() -> None:
    found = XGBoostHyperparameters()
    assert (found.max_depth, found.eta, found.subsample, found.colsample_bytree, found.num_round) == (
        5,
        0.1,
        0.8,
        0.8,
        100,
    )


def test_given_values_are_taken_and_whole_numbers_pass_for_fractions() -> None:
    found = XGBoostHyperparameters.checked({"max_depth": 3, "eta": 1, "refit": False}, framework="xgboost")
    assert (found.max_depth, found.eta, found.refit) == (3, 1.0, False)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_dept": 3}, r"hyperparameters\.max_dept: there is no such hyperparameter.*max_depth"),
        ({"max_depth": 0}, r"hyperparameters\.max_depth: found 0; it should be greater than or equal to 1"),
        ({"max_depth": "3"}, r"max_depth: found '3'; it should be a valid integer"),
        ({"max_depth": 3.5}, "max_depth: found 3.5"),
        ({"eta": 2.0}, "eta: found 2.0; it should be less than or equal to 1"),
        ({"eta": float("nan")}, "eta: found nan; it should be a finite number"),
        ({"eta": True}, "eta: found True"),
        ({"refit": "maybe"}, "refit: found 'maybe'; it should be True, False or 'auto'"),
        ({"target": "y"}, "target: there is no such hyperparameter"),
        ({"num_round": -1, "gamma": -1}, r"num_round: found -1.*gamma: found -1"),
    ],
)
def test_what_the_script_would_not_take_is_rejected_by_name_value_and_what_is_allowed(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(Rejected, match=message):
        XGBoostHyperparameters.checked(given, framework="xgboost")


def test_the_page_tells_default_and_range() -> None:
    assert "| `eta` | `0.1` | above 0 to 1 |" in page()
