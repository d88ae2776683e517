"""What a run costs for some time on all its instances, in words, and the limits of that."""

from decimal import Decimal

from traindrop import cost
from traindrop.lambda_limits import LAMBDA
from traindrop.run import Run, Tariff

_FINE = Decimal("1E-12")


def worst_case(run: Run, seconds: int, tariff: Tariff) -> str:
    """`arithmetic` where each training job of the run takes so many seconds: `$2.42 (21 trials x 3,600 s x …)`."""
    return arithmetic(run, seconds, tariff, jobs=run.jobs)


def arithmetic(run: Run, seconds: int, tariff: Tariff, *, jobs: int = 1) -> str:
    """`$0.115 (3,600 s x 1 x ml.m5.large at $0.115/h, us-east-1 prices of 2026-09-25)`."""
    usd = cost.training_cost(seconds * jobs, run.instance_count, tariff.hourly_usd)
    trials = f"{jobs:,} trials x " if jobs > 1 else ""
    if run.instance_type == LAMBDA and run.memory_mb:
        gigabytes = Decimal(run.memory_mb) / 1024
        gb_second = (tariff.hourly_usd / gigabytes / 3600).quantize(_FINE).normalize()
        return (
            f"{cost.dollars(usd)} ({trials}{seconds:,} s x {gigabytes:.2f} GB of Lambda at {cost.exact(gb_second)} a "
            f"GB-second, {tariff.region} prices of {tariff.as_of})"
        )
    return (
        f"{cost.dollars(usd)} ({trials}{seconds:,} s x {run.instance_count} x {run.instance_type} at "
        f"{cost.exact(tariff.hourly_usd)}/h, {tariff.region} prices of {tariff.as_of})"
    )


def unpriced(run: Run, ceiling: str) -> str:
    """Why a ceiling cannot be kept; to be ended with what else may be done."""
    return (
        f"No price of {run.instance_type} in {run.region or 'its region'} is known, so {ceiling} cannot be kept. Get "
        "the prices with `traindrop prices --refresh --stack STACK`"
    )


def allows_another_attempt(run: Run, spent: Decimal) -> bool:
    """Whether a further attempt fits below the run's own ceiling; `spent`: on all attempts before it, USD."""
    if run.max_cost_usd is None or run.worst_case_usd is None:
        return True
    return spent + run.worst_case_usd <= run.max_cost_usd
