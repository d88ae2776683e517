"""What runs cost: said after each, and held against their ceilings before."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import boto3
from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled

from traindrop.clock import now
from traindrop.ledger import Ledger
from traindrop.run import Status
from traindrop.spending import month_of


@contextmanager
def monthly_ceiling(usd: Decimal) -> Iterator[None]:
    """As if the stack had been deployed with this MaxMonthlyCostUsd."""
    functions: Any = boto3.client("lambda")
    found = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    launching = [name for name in found if name.startswith(("traindrop-Launcher", "traindrop-Dispatcher"))]
    before = {name: functions.get_function_configuration(FunctionName=name)["Environment"] for name in launching}
    assert len(before) == 2
    for name, environment in before.items():
        variables = environment["Variables"] | {"MAX_MONTHLY_COST_USD": str(usd)}
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    try:
        yield
    finally:
        for name, environment in before.items():
            functions.update_function_configuration(FunctionName=name, Environment=environment)


def test_the_message_the_ledger_and_the_evaluation_say_what_a_run_did_cost(pipeline: Pipeline) -> None:
    pipeline.drop("costs", labelled(), hyperparameters=FEW_ROUNDS)
    (run,) = pipeline.told("costs")
    assert run.status is Status.EVALUATED
    price = "x 1 x ml.m5.large at $0.115/h, us-east-1 prices of 2026-08-11)"
    assert f"({run.billable_seconds:,} s {price}" in pipeline.message("costs").body
    cost = json.loads(pipeline.read(run.evaluation_key) or b"{}")["cost"]
    assert cost["usd"] == round((run.billable_seconds or 0) * 0.115 / 3600, 12)
    assert Ledger(pipeline.stack.table).spending(month_of(now())).in_flight.get(run.job) is None


def test_a_run_that_may_cost_too_much_is_rejected_with_the_arithmetic_and_has_no_job(pipeline: Pipeline) -> None:
    pipeline.drop("dear", labelled(), max_runtime="2h", max_cost_usd=0.2)
    (run,) = pipeline.told("dear")
    assert run.status is Status.REJECTED
    assert pipeline.job(run.job) is None
    message = " ".join(pipeline.message("dear").body.split())
    assert "the run may cost $0.23 (7,200 s x 1 x ml.m5.large at $0.115/h" in message
    assert "max_cost_usd is $0.20. Set max_runtime to 6260 s at the most" in message


def test_a_run_without_a_maximum_run_time_is_made_to_fit_its_ceiling(pipeline: Pipeline) -> None:
    pipeline.drop("fits", labelled(), max_cost_usd=0.05, hyperparameters=FEW_ROUNDS)
    (run,) = pipeline.told("fits")
    assert run.status is Status.EVALUATED
    request = json.loads(pipeline.read(run.request_key) or b"{}")
    assert request["StoppingCondition"]["MaxRuntimeInSeconds"] == 1565
    assert "max_runtime was lowered to 1,565 s" in pipeline.message("fits").body


def test_a_run_that_the_month_has_no_room_for_is_rejected_with_what_is_spent_and_has_no_job(
    pipeline: Pipeline,
) -> None:
    spent = Ledger(pipeline.stack.table).spending(month_of(now())).total
    with monthly_ceiling(spent + Decimal("0.1")):
        pipeline.drop("month", labelled(), hyperparameters=FEW_ROUNDS)
        (run,) = pipeline.told("month")
    assert run.status is Status.REJECTED
    assert pipeline.job(run.job) is None
    message = " ".join(pipeline.message("month").body.split())
    assert "The run may cost $0.115 (3,600 s x 1 x ml.m5.large" in message
    assert "MaxMonthlyCostUsd is $" in message
