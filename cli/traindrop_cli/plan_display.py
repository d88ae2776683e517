"""A plan as a person reads it, and as JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from traindrop import cost
from traindrop.column import Column
from traindrop.schema import Schema
from traindrop_cli.options import Option
from traindrop_cli.planning import Plan
from traindrop_cli.tuning_plan import at_once, ranges_table, tuning_as_json, tuning_facts


def print_plan(plan: Plan, chosen: Option, others: Sequence[Option], screen: Console, *, where: str | None) -> None:
    """`where`: the stack that was asked, None for nobody."""
    run = plan.decided.run
    screen.print(Text(f"{run.file}: {seen(plan)}, target {run.target}, {run.task}", style="bold"), soft_wrap=True)
    if plan.columns:
        screen.print(_columns(plan))
    for note in run.notes:
        screen.print(Text(f"Note: {note}"), soft_wrap=True)
    table = Table.grid(padding=(0, 2))
    for name, value in facts(plan, chosen):
        table.add_row(Text(name, style="bold"), Text(value))
    screen.print("", table, "")
    if plan.decided.ranges:
        screen.print(ranges_table(plan), "")
    if others:
        screen.print(_comparison(others), "")
    for heading, request in _requests(plan):
        screen.print(Text(f"{heading}:", style="bold"))
        screen.print(Text(json.dumps(request, indent=2)), soft_wrap=True)
    if where is None:
        screen.print(Text("No stack was asked: bucket, role, owner and the run's name are those of no real stack."))


def _requests(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    if plan.defaults_request is not None:
        yield "CreateTrainingJob request of the trial with the defaults", plan.defaults_request
    yield f"{'CreateHyperParameterTuningJob' if plan.decided.run.tunes else 'CreateTrainingJob'} request", plan.request


def seen(plan: Plan) -> str:
    """How much of the file: `712 rows, 12 columns`."""
    run, training = plan.decided.run, plan.decided.training
    if run.rows is not None or training is None:
        return f"{run.rows:,} rows, {run.columns} columns"
    return (
        f"about {training.rows_of(run.size):,} rows, by its first {training.sampled_bytes:,} bytes of {run.size:,}, "
        f"{run.columns} columns"
    )


def facts(plan: Plan, chosen: Option) -> Iterator[tuple[str, str]]:
    """Name and text of each: where, how long, at what cost."""
    decided = plan.decided
    place, config = decided.placement, decided.config
    yield from tuning_facts(plan)
    yield "place", f"{chosen.name}{', each trial' if decided.run.tunes else ''}: {place.why}"
    if place.else_on:
        yield "else", f"{place.else_on}, where it meets a limit of Lambda's all the same"
    expected = "not estimated" if chosen.seconds is None else f"about {chosen.seconds:,.0f} s to the end of training"
    limit = f"{'each trial ' if decided.run.tunes else ''}stopped after {config.max_runtime:,} s (max_runtime)"
    yield "time", f"{expected}; {limit}{f' on {place.else_on}' if place.else_on else ''}"
    about = "not estimated" if chosen.usd is None else f"about {cost.dollars(chosen.usd)}"
    worst = "unknown" if chosen.worst_usd is None else cost.dollars(chosen.worst_usd)
    trials = f" for {decided.run.jobs:,} trials" if decided.run.tunes else ""
    yield "cost", f"{about}{trials}; at worst {worst}{f', with {place.else_on}' if place.else_on else ''}"
    yield "price", chosen.priced_by or "not known; `traindrop prices --refresh` asks AWS"
    if config.keep_alive is not None:
        yield "warm pool", _warm_pool(plan, chosen)
    if place.memory_mb is None:
        quota = "training warm pool usage" if config.keep_alive is not None else "training job usage"
        count = place.instance_count * at_once(decided.run)
        yield "quota", f"{count} of '{place.instance_type} for {quota}'; `aws service-quotas` shows what you have"
    else:
        executions = f"{at_once(decided.run)} of the account's concurrent Lambda executions"
        yield "quota", f"none of SageMaker's; {executions}"
    yield "results", decided.run.uri(f"runs/{decided.run.run}/")


def _warm_pool(plan: Plan, chosen: Option) -> str:
    decided = plan.decided
    kept, tariff = decided.config.keep_alive or 0, decided.run.tariff
    if tariff is None:
        return f"kept for {kept:,} s after the job, billed as training; no price of {chosen.name} is known"
    usd = cost.training_cost(kept, decided.placement.instance_count, tariff.hourly_usd)
    return f"kept for {kept:,} s after the job, billed as training: up to {cost.dollars(usd)} more, if no job takes it"


def _columns(plan: Plan) -> Table:
    table = Table("column", "kind", "empty", "values", "used as", box=None, pad_edge=False)
    training = plan.decided.training
    for column in plan.columns:
        values = f"{column.distinct:,}{'+' if column.many else ''}: {', '.join(column.examples)}"
        used_as = role(column, training.schema, plan.decided.config.drop) if training else ""
        table.add_row(Text(column.name), column.kind, f"{column.missing:,}" if column.missing else "",
                      Text(values, overflow="ellipsis", no_wrap=True), Text(used_as))  # fmt: skip
    return table


def role(column: Column, schema: Schema, dropped: Sequence[str]) -> str:
    """What a column is used as."""
    if column.name == schema.target:
        return "target"
    if column.name in dropped:
        return "left out (drop)"
    kinds = [feature.word or feature.kind for feature in schema.columns if feature.name == column.name]
    return ", ".join(kinds) or "left out"


def _comparison(options: Sequence[Option]) -> Table:
    """Time and cost of each, and both as multiples of the quickest and of the cheapest that hold it."""
    able = [each for each in options if each.fits and each.seconds is not None]
    quickest = min((each.seconds for each in able if each.seconds is not None), default=None)
    cheapest = min((each.usd for each in able if each.usd is not None), default=None)
    table = Table("place", "time", "billed", "cost", "time x", "cost x", "", box=None, pad_edge=False)
    for each in options:
        table.add_row(
            each.name,
            "" if each.seconds is None else f"{each.seconds:,.0f} s",
            "" if each.billed_seconds is None else f"{each.billed_seconds:,.0f} s",
            "unknown" if each.usd is None else f"about {cost.dollars(each.usd)}",
            "" if each.seconds is None or not quickest else f"{each.seconds / quickest:.1f}",
            "" if each.usd is None or not cheapest else f"{each.usd / cheapest:.1f}",
            "" if each.fits else "would not fit",
        )
    return table


def as_json(plan: Plan, chosen: Option, others: Sequence[Option]) -> dict[str, Any]:
    run, place = plan.decided.run, plan.decided.placement
    return {
        "run": run.run,
        "file": run.file,
        "rows": run.rows,
        "columns": [{"name": each.name, "kind": each.kind, "missing": each.missing} for each in plan.columns],
        "target": run.target,
        "task": run.task,
        "notes": list(run.notes),
        "place": {"instance_type": place.instance_type, "instance_count": place.instance_count,
                  "memory_mb": place.memory_mb, "else_on": place.else_on, "why": place.why},
        "expected": _option(chosen),
        "max_runtime": plan.decided.config.max_runtime,
        "results": run.uri(f"runs/{run.run}/"),
        "request": plan.request,
        **({"tuning": tuning_as_json(plan), "defaults_request": plan.defaults_request} if run.tunes else {}),
        **({"alternatives": [_option(each) for each in others]} if others else {}),
    }  # fmt: skip


def _option(option: Option) -> dict[str, Any]:
    return {
        "place": option.name,
        "fits": option.fits,
        "seconds": None if option.seconds is None else round(option.seconds, 1),
        "billed_seconds": None if option.billed_seconds is None else round(option.billed_seconds, 1),
        "usd": None if option.usd is None else str(option.usd),
        "worst_usd": None if option.worst_usd is None else str(option.worst_usd),
        "priced_by": option.priced_by,
    }
