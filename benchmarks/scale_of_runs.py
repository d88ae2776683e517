"""What many runs a day ask of each part of AWS, against the limits that AWS documents: a table of docs/scale.md."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from benchmarks.pipeline import STEPS
from benchmarks.results import FOLDER, read
from benchmarks.scale_of_files import NOT_MEASURED, REGION
from benchmarks.tables import markdown

from traindrop.cost import lambda_cost, training_cost
from traindrop.price_table import SHIPPED
from traindrop.prices import lambda_rates, training_price
from traindrop_cli.options import INSTANCE_BILLED, INSTANCE_WALL

RUNS_A_DAY = 10_000
DAY, HOUR = 86_400, 3_600
# A day of which all runs come within one hour.
PEAK = DAY / HOUR
# Memory of the functions: template.yaml.
MEGABYTES = {"Launcher": 1024, "Dispatcher": 512, "Evaluator": 1769, "Notifier": 512}
_TRAINER_MB, _TRAINER_SECONDS = 1769, 2
_BURST, _PIPELINE = "`make burst`", "`python -m benchmarks.pipeline`"
# Operations of DynamoDB that write; all others read.
_WRITES = ("Put", "Update", "Delete", "TransactWrite", "BatchWrite")
# Defaults, a second, as AWS documents them: read, not measured, and other in some regions and in young accounts.
# DynamoDB: "Best practices for designing partition keys"; S3: "Optimizing performance"; the others: Service Quotas.
# All calls of DynamoDB are taken to go to one partition, as those of the slots and of the line do.
LIMITS = {
    "writes": ("DynamoDB, one partition", "writes", 1_000),
    "reads": ("DynamoDB, one partition", "reads", 3_000),
    "s3": ("S3, one prefix", "requests", 3_500),
    "events": ("EventBridge", "PutEvents", 10_000),
    "sns": ("SNS", "messages", 30_000),
}
INVOCATIONS = 1_000
# "A few calls a second".
JOBS = 2


def a_day_of_runs() -> str:
    """The part that gives first, first: those that are nearest to a limit in an hour of a whole day's runs."""
    file = FOLDER / "burst.json"
    if not file.is_file():
        return f"{NOT_MEASURED}: {_BURST} leaves benchmarks/results/burst.json."
    found = json.loads(file.read_text("utf-8"))
    rows = sorted(_rows(found), key=lambda row: -row[3] / row[4])
    shown = [
        [
            name,
            unit,
            f"{per_run:.3g}",
            f"{mean:.3g}",
            f"{mean * PEAK:.3g}",
            f"{limit:,}",
            f"{mean * PEAK / limit:.2g}",
            by,
        ]
        for name, unit, per_run, mean, limit, by in rows
    ]
    header = ["part", "what", "a run", "mean of a day", "all in one hour", "limit", "share then", "by"]
    return f"{markdown(header, shown)}\n\n{costs()}"


Row = tuple[str, str, float, float, int, str]


def _rows(found: Mapping[str, Any]) -> Iterator[Row]:
    a_second = RUNS_A_DAY / DAY
    at_once = INSTANCE_WALL * a_second
    yield "SageMaker", "instances at once", 1, at_once, _quota_to_ask_for(), "the lesson's job of 198 s"
    yield "SageMaker", "CreateTrainingJob a second", 1, a_second, JOBS, "aws/sagemaker-python-sdk issue 645"
    seconds = sum(seconds_of_functions().values()) + _TRAINER_SECONDS
    yield "Lambda", "invocations at once", seconds, seconds * a_second, INVOCATIONS, _PIPELINE
    for name, unit, limit, calls in _services(found):
        yield name, f"{unit} a second", calls, calls * a_second, limit, _BURST


def _quota_to_ask_for() -> int:
    """What a mean day needs, with as much again: an account's own quota is in Service Quotas, often a handful."""
    return round(2 * INSTANCE_WALL * RUNS_A_DAY / DAY)


def _services(found: Mapping[str, Any]) -> Iterator[tuple[str, str, int, float]]:
    """Name, unit, limit a second, and calls a run."""
    counted: Counter[str] = Counter()
    for calls in found["calls"].values():
        for operation, number in calls.items():
            service, _, name = operation.partition(".")
            kind = ("writes" if name.startswith(_WRITES) else "reads") if service == "dynamodb" else service
            counted[kind] += number
    for kind, (name, unit, limit) in LIMITS.items():
        yield name, unit, limit, counted[kind] / found["uploads"]


def seconds_of_functions() -> dict[str, float]:
    """How long each function works on a run: the steps of a small drop. The dispatcher launches too, at a job's end."""
    results = read("pipeline")
    found = [each for each in results.measured if "steps" in each.more] if results else []
    steps = found[0].more["steps"] if found else {}
    names = {"Launcher": STEPS[0], "Dispatcher": STEPS[0], "Evaluator": STEPS[3], "Notifier": STEPS[4]}
    return {name: float(steps.get(step, 0)) for name, step in names.items()}


def costs() -> str:
    """Of the runs of a day, by what AWS bills: the functions, and the training itself in either place."""
    rates, price = lambda_rates(SHIPPED, REGION), training_price(SHIPPED, REGION, "ml.m5.large")
    if rates is None or price is None:
        return "The prices are unknown."
    seconds = seconds_of_functions()
    functions = sum(lambda_cost(MEGABYTES[name], Decimal(str(each)), rates) for name, each in seconds.items())
    trainer = lambda_cost(_TRAINER_MB, Decimal(_TRAINER_SECONDS), rates)
    day = {
        f"the functions, {sum(seconds.values()):.2f} s a run": functions,
        f"training in Lambda, {_TRAINER_SECONDS} s of {_TRAINER_MB:,} MB": trainer,
        f"training at SageMaker, {INSTANCE_BILLED} s of ml.m5.large": training_cost(INSTANCE_BILLED, 1, price.usd),
    }
    rows = [[name, f"{usd * RUNS_A_DAY:,.2f}"] for name, usd in day.items()]
    return markdown([f"{RUNS_A_DAY:,} runs", "USD a day"], rows)
