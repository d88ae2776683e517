"""What a run may cost at worst, held against its own ceiling before anything is launched."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from traindrop import cost
from traindrop.config import MIN_RUNTIME, TrainingConfig
from traindrop.cost_words import unpriced, worst_case
from traindrop.drop import Decision
from traindrop.errors import Rejected
from traindrop.prices import Price
from traindrop.run import Run, Tariff


def priced(decided: Decision, prices: Mapping[str, Price | None], region: str) -> Decision:
    """`decided` with the prices of its places, within its `max_cost_usd`.

    Where the person has not set a maximum run time, it is lowered so that the run fits. Raises `Rejected`.
    """
    config = decided.config
    field, most = _ceiling(config)
    ceiling = None if most is None else Decimal(str(most))
    tariffs = {
        place: Tariff(hourly_usd=price.usd, region=region, as_of=price.as_of)
        for place, price in prices.items()
        if price is not None
    }
    run = decided.run.model_copy(update={"region": region, "tariffs": tariffs, "max_cost_usd": ceiling})
    if ceiling is not None:
        if (tariff := run.tariff) is None:
            raise Rejected(f"training.yaml: {unpriced(run, field)}, or remove {field}.")
        seconds = _seconds_within(run, config, ceiling, tariff)
        if seconds < config.max_runtime:
            note = f"max_runtime was lowered to {seconds:,} s, so that the run costs {field} at the most: "
            run = run.model_copy(update={"notes": (*run.notes, f"{note}{worst_case(run, seconds, tariff)}.")})
            config = config.model_copy(update={"max_runtime": seconds})
    return replace(decided, config=config, run=run.model_copy(update={"max_runtime": config.max_runtime}))


def _ceiling(config: TrainingConfig) -> tuple[str, float | None]:
    """The field that says what the whole may cost, and what it says."""
    if config.tuning is not None and config.tuning.max_cost_usd is not None:
        return "tuning.max_cost_usd", config.tuning.max_cost_usd
    return "max_cost_usd", config.max_cost_usd


def _seconds_within(run: Run, config: TrainingConfig, ceiling: Decimal, tariff: Tariff) -> int:
    """The maximum run time, of each trial if there are several, with which the run costs `ceiling` at the most.

    Raises `Rejected`.
    """
    longest = cost.longest_run(ceiling, run.instance_count * run.jobs, tariff.hourly_usd)
    at_most = run.model_copy(update={"max_runtime": config.max_runtime}).longest_attempt
    if longest >= (at_most or 0):
        return config.max_runtime
    is_own = "max_runtime" in config.model_fields_set
    if not is_own and longest >= MIN_RUNTIME:
        return longest
    seconds = config.max_runtime if is_own else MIN_RUNTIME
    field, _ = _ceiling(config)
    fewer = " or fewer instances" if run.instance_count > 1 else ""
    fewer += " or fewer trials (tuning)" if run.tunes else ""
    shorter = f"Set max_runtime to {longest} s at the most, take" if longest >= MIN_RUNTIME else "Take"
    raise Rejected(
        f"training.yaml: the run may cost {worst_case(run, seconds, tariff)}. {field} is {cost.exact(ceiling)}. "
        f"{shorter} a cheaper instance_type{fewer}, or raise {field}."
    )
