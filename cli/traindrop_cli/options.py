"""What a training takes in one place, before it is begun: seconds and US dollars, expected and at worst."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from traindrop import cost
from traindrop.estimate import Estimate
from traindrop.lambda_limits import SECONDS
from traindrop.machines import LADDER, lambda_of, machine
from traindrop.placement import HANDLER_MEMORY, INSTANCE_MEMORY
from traindrop.prices import PriceList, lambda_rates, training_price
from traindrop.settings import LauncherSettings
from traindrop_cli.planning import Plan

# One measured job of the lesson's on ml.m5.large: 198 s from its creation to its end, of which 130 s were billed, for
# 0.06 s of training. An instance has to start and fetch its image, however short the training is.
INSTANCE_WALL, INSTANCE_BILLED = 198, 130
# Start of a function with the scoring layer, download and upload: measured by benchmarks/pipeline.py.
FUNCTION_OVERHEAD = 3.0


@dataclass(frozen=True)
class Option:
    """One place. Seconds and money are None where nothing is known: a script that was not measured, a missing price."""

    name: str
    fits: bool | None
    seconds: float | None
    billed_seconds: float | None
    usd: Decimal | None
    worst_usd: Decimal | None
    priced_by: str | None = None


def on_instance(
    instance_type: str, count: int, needed: Estimate | None, prices: Iterable[PriceList], region: str, max_runtime: int
) -> Option:
    """Instances of SageMaker."""
    kind = machine(instance_type)
    training = needed.seconds(kind.vcpus * count) if needed and kind else None
    fits = needed.fits(kind, taken=INSTANCE_MEMORY) if needed and kind else None
    price = training_price(prices, region, instance_type)
    billed = None if training is None else training + INSTANCE_BILLED
    return Option(
        name=f"{count} x {instance_type}",
        fits=fits,
        seconds=None if training is None else training + INSTANCE_WALL,
        billed_seconds=billed,
        usd=cost.training_cost(round(billed), count, price.usd) if price and billed is not None else None,
        worst_usd=cost.training_cost(max_runtime, count, price.usd) if price else None,
        priced_by=f"{cost.exact(price.usd)} an hour; {region}, {price.as_of}: {price.source}" if price else None,
    )


def on_function(memory_mb: int, needed: Estimate, prices: Iterable[PriceList], region: str, limit: int) -> Option:
    """A Lambda function of so many megabytes; `limit`: the seconds after which it is ended."""
    kind, rates = lambda_of(memory_mb), lambda_rates(prices, region)
    seconds = needed.seconds(kind.vcpus) + FUNCTION_OVERHEAD
    return Option(
        name=kind.name,
        fits=needed.fits(kind, taken=HANDLER_MEMORY) and seconds <= limit,
        seconds=seconds,
        billed_seconds=seconds,
        usd=cost.lambda_cost(memory_mb, Decimal(str(round(seconds, 3))), rates) if rates else None,
        worst_usd=cost.lambda_cost(memory_mb, Decimal(limit), rates) if rates else None,
        priced_by=f"${rates.gb_second} a GB-second in {region}" if rates else None,
    )


def then_on_instance(function: Option, instance: Option) -> Option:
    """A function whose run goes on to an instance where it meets a limit: at worst both are paid for."""
    both = None if function.worst_usd is None or instance.worst_usd is None else function.worst_usd + instance.worst_usd
    return replace(function, worst_usd=both)


def chosen(planned: Plan, prices: Sequence[PriceList], settings: LauncherSettings) -> Option:
    """The place that was decided on, with all trials; of a function, with the instance that a run goes on to."""
    place, config, region = planned.decided.placement, planned.decided.config, settings.aws_region
    kind = place.else_on or place.instance_type
    instance = on_instance(kind, place.instance_count, planned.needed, prices, region, config.max_runtime)
    if place.memory_mb is None or planned.needed is None:
        return of_all_trials(instance, planned)
    function = on_function(place.memory_mb, planned.needed, prices, region, SECONDS)
    return of_all_trials(then_on_instance(function, instance), planned)


def of_all_trials(one: Option, planned: Plan) -> Option:
    """What a run takes that tunes, `one` being the costliest trial; none of them is counted as stopped early."""
    run = planned.decided.run
    if run.max_trials is None:
        return one
    jobs, rounds = run.jobs, math.ceil(run.max_trials / run.max_parallel)
    return replace(
        one,
        seconds=None if one.seconds is None else one.seconds * rounds,
        billed_seconds=None if one.billed_seconds is None else one.billed_seconds * jobs,
        usd=None if one.usd is None else one.usd * jobs,
        worst_usd=None if one.worst_usd is None else one.worst_usd * jobs,
    )


def alternatives(
    needed: Estimate, memory_mb: Sequence[int], prices: Sequence[PriceList], region: str, max_runtime: int, limit: int
) -> list[Option]:
    """The functions, one and two of the smallest instance, and one of each bigger one up to four times its size."""
    smallest, *bigger = [each.name for each in LADDER[:4]]
    places = [(smallest, 1), (smallest, 2), *((kind, 1) for kind in bigger)]
    return [
        *(on_function(each, needed, prices, region, limit) for each in memory_mb),
        *(on_instance(kind, count, needed, prices, region, max_runtime) for kind, count in places),
    ]
