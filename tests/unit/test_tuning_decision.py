"""What is decided of a tuning once its place is known."""

from typing import Any

import pytest

from traindrop.config import TrainingConfig
from traindrop.errors import Rejected
from traindrop.placement import Placement
from traindrop.tuning_decision import tuning_fields

RUN = "traindrop-flow-0123456789ab"
ON_INSTANCE, IN_LAMBDA = Placement("ml.m5.large", 1, "asked for"), Placement("lambda", 1, "small", 1769)


def decided(
    ranges: dict[str, Any], place: Placement = ON_INSTANCE, *, run: str = RUN, own_script: bool = False, **fields: Any
) -> dict[str, Any]:
    tuning = {"ranges": ranges, **fields.pop("tuning", {})}
    config = TrainingConfig.model_validate({**fields, "tuning": tuning})
    return tuning_fields(config, "binary", place, run, own_script=own_script)


ETA = {"eta": {"min": 0.1, "max": 0.3}}
MAX_BIN = {"max_bin": {"min": 16, "max": 256}}


def test_a_run_without_tuning_has_none_of_its_fields() -> None:
    assert tuning_fields(TrainingConfig(), "auto", ON_INSTANCE, "x" * 60, own_script=False) == {}


def test_a_run_that_tunes_knows_what_for_and_how_long_it_takes_at_the_most() -> None:
    assert decided(ETA, tuning={"max_jobs": 10, "max_parallel": 5}, max_runtime=600) == {
        "max_trials": 10,
        "max_parallel": 5,
        "objective": "validation:auc",
        "direction": "maximize",
        "longest_seconds": 2 * (600 + 600),
    }


@pytest.mark.parametrize("framework", ["xgboost", "builtin-xgboost"])
def test_sagemaker_tunes_of_its_xgboost_image_what_its_page_lists_and_lambda_all(framework: str) -> None:
    assert decided(MAX_BIN, IN_LAMBDA, framework=framework)
    with pytest.raises(Rejected, match=r"found max_bin, and of its XGBoost image SageMaker tunes alpha, .* only"):
        decided(MAX_BIN, framework=framework)
    assert decided(ETA, framework=framework)


def test_sagemaker_compares_trials_of_its_xgboost_image_by_the_metrics_of_its_page_and_lambda_by_all() -> None:
    asked: dict[str, Any] = {"tuning": {"objective": "aucpr"}, "hyperparameters": {"eval_metric": "aucpr"}}
    assert decided(ETA, IN_LAMBDA, framework="builtin-xgboost", **asked)["objective"] == "validation:aucpr"
    with pytest.raises(Rejected, match=r"found validation:aucpr, and with its XGBoost image SageMaker compares trials"):
        decided(ETA, framework="builtin-xgboost", **asked)


def test_of_other_images_all_is_tuned() -> None:
    assert decided({"max_depth": {"min": 2, "max": 8}}, framework="sklearn")["objective"] == "validation:auc"


def test_hyperband_without_rounds_is_told_before_anything_is_launched() -> None:
    with pytest.raises(Rejected, match="nothing says how many there are"):
        decided(ETA, framework="pytorch", own_script=True, tuning={"strategy": "hyperband", "objective": "auc"})


def test_a_name_that_is_too_long_for_a_tuning_job_says_what_stack_would_do() -> None:
    with pytest.raises(Rejected, match=r"which may have 15 of them; this run would be x+\. Leave tuning out"):
        decided(ETA, run="x" * 29)
