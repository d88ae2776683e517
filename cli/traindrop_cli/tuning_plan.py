"""What a plan says of a tuning: how it is searched, what for, where, and by how many trials."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from traindrop.run import Run
from traindrop.tuned_ranges import TunedRange, default_of
from traindrop_cli.planning import Plan


def tuning_facts(plan: Plan) -> Iterator[tuple[str, str]]:
    """Name and text of each; none where nothing is tuned."""
    run, tuning = plan.decided.run, plan.decided.config.tuning
    if tuning is None or run.max_trials is None:
        return
    stopping = ", hopeless ones stopped early" if tuning.stops_early else ""
    cuts = ", most stopped after some rounds" if tuning.strategy == "hyperband" else ""
    trials = f"{run.max_trials:,} trials beside the one with the defaults, {run.max_parallel} at a time"
    yield "tuning", f"{tuning.strategy}: {trials}{stopping}{cuts}"
    yield "objective", f"{run.objective}, {'more' if run.direction == 'maximize' else 'less'} is better"


def at_once(run: Run) -> int:
    """How many training jobs run at the same time at the most: the trials, and the one with the defaults."""
    return run.max_parallel + 1 if run.tunes else 1


def ranges_table(plan: Plan) -> Table:
    table = Table("hyperparameter", "kind", "values", "scale", "default", box=None, pad_edge=False)
    for each in plan.decided.ranges:
        scale = "" if each.values else "log" if each.log else "linear"
        default = _default(plan, each)
        shown = "" if default is None else str(default)
        table.add_row(Text(each.name), each.kind, Text(each.shown), scale, Text(shown))
    return table


def tuning_as_json(plan: Plan) -> dict[str, Any]:
    run, tuning = plan.decided.run, plan.decided.config.tuning
    if tuning is None:
        return {}
    return {
        "strategy": tuning.strategy,
        "objective": run.objective,
        "direction": run.direction,
        "trials": run.max_trials,
        "parallel": run.max_parallel,
        "early_stopping": tuning.stops_early,
        "ranges": [_range(plan, each) for each in plan.decided.ranges],
    }


def _range(plan: Plan, found: TunedRange) -> dict[str, Any]:
    ends = {"low": None, "high": None, "log": None} if found.values else {
        "low": found.low, "high": found.high, "log": found.log}  # fmt: skip
    values = list(found.values) or None
    return {"name": found.name, "kind": found.kind, **ends, "values": values, "default": _default(plan, found)}


def _default(plan: Plan, found: TunedRange) -> Any:
    return default_of(plan.decided.config, found.name, own_script=plan.decided.code.own)
