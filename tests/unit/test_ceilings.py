"""A run's own ceiling, before anything is launched."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.builders import a_run

from traindrop.ceilings import priced
from traindrop.code import Code
from traindrop.config import TrainingConfig
from traindrop.cost_words import allows_another_attempt
from traindrop.drop import Decision
from traindrop.errors import Rejected
from traindrop.placement import Placement
from traindrop.prices import Price
from traindrop.run import Run, Tariff

AT = "x ml.m5.large at $0.115/h, us-east-1 prices of 2026-11-01)"
PRICE = {"ml.m5.large": Price(Decimal("0.115"), date(2026, 11, 1), "a test")}


def decided(config: TrainingConfig, **changes: Any) -> Decision:
    run = a_run(instance_type="ml.m5.large", instance_count=config.instance_count, notes=("One note.",), **changes)
    return Decision(run, config, Code(None), Placement("ml.m5.large", config.instance_count, "asked for"))


def why_rejected(prices: Mapping[str, Price | None] = PRICE, **config: Any) -> str:
    with pytest.raises(Rejected) as error:
        priced(decided(TrainingConfig(**config)), prices, "us-east-1")
    return str(error.value)


def test_a_run_keeps_its_price_and_its_worst_case() -> None:
    run = priced(decided(TrainingConfig(max_runtime=7200, instance_count=2)), PRICE, "us-east-1").run
    assert run.tariff == Tariff(hourly_usd=Decimal("0.115"), region="us-east-1", as_of=date(2026, 11, 1))
    assert run.worst_case_usd == Decimal("0.46")


def test_without_a_ceiling_an_unknown_price_keeps_nobody_from_training() -> None:
    found = priced(decided(TrainingConfig()), {"ml.m5.large": None}, "mars-1")
    assert (found.run.tariff, found.run.worst_case_usd, found.run.region) == (None, None, "mars-1")


def test_a_run_within_its_ceiling_is_left_as_it_is() -> None:
    found = priced(decided(TrainingConfig(max_cost_usd=0.115)), PRICE, "us-east-1")
    assert (found.config.max_runtime, found.run.max_runtime, found.run.notes) == (3600, 3600, ("One note.",))


def test_a_maximum_run_time_that_nobody_set_is_lowered_to_fit_and_the_person_is_told() -> None:
    found = priced(decided(TrainingConfig(max_cost_usd=0.05)), PRICE, "us-east-1")
    assert found.config.max_runtime == found.run.max_runtime == 1565
    assert found.run.worst_case_usd is not None
    assert found.run.worst_case_usd <= Decimal("0.05")
    assert found.run.notes[0] == "One note."
    assert found.run.notes[1:] == (
        f"max_runtime was lowered to 1,565 s, so that the run costs max_cost_usd at the most: $0.05 (1,565 s x 1 {AT}.",
    )


def test_a_maximum_run_time_that_was_set_is_kept_and_a_run_over_its_ceiling_rejected_with_the_arithmetic() -> None:
    assert why_rejected(max_cost_usd=0.2, max_runtime=7200, instance_count=2) == (
        f"training.yaml: the run may cost $0.46 (7,200 s x 2 {AT}. max_cost_usd is $0.20. Set max_runtime to 3130 s at "
        "the most, take a cheaper instance_type or fewer instances, or raise max_cost_usd."
    )


@pytest.mark.parametrize("config", [{}, {"max_runtime": 60}])
def test_a_ceiling_below_the_shortest_job_is_rejected_without_advice_that_would_not_help(
    config: dict[str, Any],
) -> None:
    assert why_rejected(max_cost_usd=0.001, **config) == (
        f"training.yaml: the run may cost $0.0019 (60 s x 1 {AT}. max_cost_usd is $0.001. Take a cheaper "
        "instance_type, or raise max_cost_usd."
    )


def test_a_ceiling_without_a_known_price_is_rejected_with_how_to_get_one() -> None:
    assert why_rejected({}, max_cost_usd=1.0) == (
        "training.yaml: No price of ml.m5.large in us-east-1 is known, so max_cost_usd cannot be kept. Get the prices "
        "with `traindrop prices --refresh --stack STACK`, or remove max_cost_usd."
    )


@pytest.mark.parametrize(
    ("spent", "ceiling", "allowed"),
    [("0", "0.115", True), ("0.001", "0.115", False), ("0.4", "1", True), ("9", None, True)],
)
def test_a_further_attempt_has_to_fit_below_the_runs_ceiling(spent: str, ceiling: str | None, allowed: bool) -> None:
    run = priced(decided(TrainingConfig()), PRICE, "us-east-1").run
    limited: Run = run.model_copy(update={"max_cost_usd": None if ceiling is None else Decimal(ceiling)})
    assert allows_another_attempt(limited, Decimal(spent)) is allowed


TUNED: dict[str, Any] = {"ranges": {"max_depth": {"min": 2, "max": 8}}, "max_jobs": 9}


def tuned(prices: Mapping[str, Price | None] = PRICE, **config: Any) -> Decision:
    found = TrainingConfig.model_validate({**config, "tuning": {**TUNED, **config.get("tuning", {})}})
    return priced(decided(found, max_trials=9), prices, "us-east-1")


def test_a_run_that_tunes_costs_all_its_trials_and_the_one_with_the_defaults() -> None:
    assert tuned().run.worst_case_usd == Decimal("1.15")


@pytest.mark.parametrize(
    ("config", "field"),
    [({"tuning": {"max_cost_usd": 0.5}}, "tuning.max_cost_usd"), ({"max_cost_usd": 0.5}, "max_cost_usd")],
)
def test_a_ceiling_of_the_whole_lowers_the_run_time_of_each_trial(config: dict[str, Any], field: str) -> None:
    found = tuned(**config)
    assert found.config.max_runtime == found.run.max_runtime == 1565
    assert found.run.max_cost_usd == Decimal("0.5")
    assert found.run.worst_case_usd is not None
    assert found.run.worst_case_usd <= Decimal("0.5")
    words = f"{field} at the most: $0.4999 (10 trials x 1,565 s x 1 {AT}."
    assert found.run.notes[-1].endswith(words)


def test_a_run_time_that_was_set_is_not_lowered_and_the_trials_are_counted_in_what_is_said() -> None:
    with pytest.raises(Rejected) as error:
        tuned(max_runtime=3600, tuning={"max_cost_usd": 0.5})
    assert str(error.value) == (
        f"training.yaml: the run may cost $1.15 (10 trials x 3,600 s x 1 {AT}. tuning.max_cost_usd is $0.50. Set "
        "max_runtime to 1565 s at the most, take a cheaper instance_type or fewer trials (tuning), or raise "
        "tuning.max_cost_usd."
    )


def test_a_ceiling_below_a_minute_of_each_trial_is_rejected() -> None:
    with pytest.raises(Rejected, match=r"may cost \$0.0192 \(10 trials x 60 s .* Take a cheaper"):
        tuned(tuning={"max_cost_usd": 0.01})


def test_a_ceiling_of_a_tuning_needs_a_price() -> None:
    with pytest.raises(Rejected, match=r"so tuning.max_cost_usd cannot be kept.*or remove tuning.max_cost_usd"):
        tuned({"ml.m5.large": None}, tuning={"max_cost_usd": 0.5})
