"""What a run did cost, as the ledger knows it: for evaluation.json and --json, and as one line for a person."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from traindrop.cost import dollars, spot_saving, training_cost
from traindrop.cost_words import arithmetic
from traindrop.run import Run


class Cost(BaseModel):
    """usd = billable_seconds x instance_count x hourly_usd / 3600, of all attempts; None where one is not known.

    Only the instances: no disks, no storage.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    usd: float | None
    billable_seconds: int | None
    instance_count: int
    instance_type: str | None
    hourly_usd: float | None
    region: str | None
    prices_of: date | None = Field(description="The day of whose prices hourly_usd is one.")
    spot_saving: float = Field(description="Share of the on-demand cost that was not billed.")


def cost_of_run(run: Run) -> Cost | None:
    """None where no training job of it has ended."""
    if not was_billed(run):
        return None
    usd, seconds, tariff = run_usd(run), _seconds(run), run.tariff
    return Cost(
        usd=None if usd is None else float(usd),
        billable_seconds=seconds,
        instance_count=run.instance_count,
        instance_type=run.instance_type,
        hourly_usd=float(tariff.hourly_usd) if tariff else None,
        region=run.region,
        prices_of=tariff.as_of if tariff else None,
        spot_saving=float(_saving(run)),
    )


def was_billed(run: Run) -> bool:
    """Whether a training job of it has ended, so that there is a bill, be it of nothing."""
    return run.training_ended_at is not None or bool(run.earlier_failures)


def run_usd(run: Run) -> Decimal | None:
    """None where the price or the billable seconds are not known."""
    seconds = _seconds(run)
    if seconds is None or run.tariff is None:
        return None
    return run.earlier_usd + training_cost(seconds, run.instance_count, run.tariff.hourly_usd)


def cost_line(run: Run) -> str | None:
    """`$0.0042 (130 s x 1 x ml.m5.large at $0.115/h, us-east-1 prices of 2026-11-01)`; None where no job has ended."""
    if not was_billed(run):
        return None
    if run.tariff is None:
        return (
            f"unknown (no price of {run.instance_type} in {run.region or 'its region'}; for the next runs: "
            "traindrop prices --refresh --stack STACK)"
        )
    seconds = _seconds(run)
    if seconds is None:
        return "unknown (SageMaker told no billable seconds)"
    saving = _saving(run)
    saved = f", {saving:.0%} saved by spot" if saving else ""
    before = f", and {dollars(run.earlier_usd)} before, in Lambda" if run.earlier_usd else ""
    return arithmetic(run, seconds, run.tariff) + saved + before


def _seconds(run: Run) -> int | None:
    if run.billable_seconds is not None:
        return run.billable_seconds
    # The last attempt had no instance, or there was none.
    return run.earlier_billable_seconds if run.training_started_at is None else None


def _saving(run: Run) -> Decimal:
    return spot_saving(run.training_seconds or 0, _seconds(run) or 0)
