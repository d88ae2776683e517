"""The arithmetic of costs, and how amounts are written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop.cost import dollars, exact, lambda_cost, longest_run, spot_saving, training_cost
from traindrop.prices import LambdaRates

PRICES = st.decimals(Decimal("0.001"), Decimal(200), places=4)


def test_the_lessons_job_costs_less_than_half_a_cent() -> None:
    assert training_cost(130, 1, Decimal("0.115")) == Decimal("0.004152777778")


def test_every_instance_is_billed() -> None:
    assert training_cost(3600, 3, Decimal("0.115")) == Decimal("0.345")


@given(st.integers(1, 28 * 86_400), st.integers(1, 20), PRICES)
def test_the_longest_run_for_an_amount_costs_no_more_and_a_second_more_would(
    seconds: int, instances: int, hourly: Decimal
) -> None:
    usd = training_cost(seconds, instances, hourly)
    found = longest_run(usd, instances, hourly)
    assert training_cost(found, instances, hourly) <= usd
    assert training_cost(found + 2, instances, hourly) > usd


def test_lambda_is_billed_by_memory_time_and_request() -> None:
    rates = LambdaRates(gb_second="0.0000166667", request="0.0000002")
    assert lambda_cost(2048, Decimal("1.5"), rates) == 3 * Decimal("0.0000166667") + Decimal("0.0000002")
    assert lambda_cost(512, Decimal(0), rates, requests=2) == Decimal("0.0000004")


@pytest.mark.parametrize(
    ("training", "billable", "saving"), [(433, 130, "0.70"), (100, 100, "0.00"), (0, 0, "0.00"), (90, 100, "0.00")]
)
def test_spot_saves_what_was_trained_and_not_billed(training: int, billable: int, saving: str) -> None:
    assert f"{spot_saving(training, billable):.2f}" == saving


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("0", "$0.00"), ("0.004152777778", "$0.0042"), ("0.115", "$0.115"), ("0.5", "$0.50"), ("12", "$12.00"),
        ("1234.5", "$1,234.50"), ("0.00005017", "$0.00005"), ("0.0000002", "$0.0000002"), ("3.06", "$3.06"),
        ("0.000000000001", "$0.000000000001"),
    ],
)  # fmt: skip
def test_amounts_are_written_with_what_counts(usd: str, text: str) -> None:
    assert dollars(Decimal(usd)) == text


@given(st.decimals(Decimal("1E-12"), Decimal(10**6), places=12))
def test_something_is_never_written_as_nothing(usd: Decimal) -> None:
    assert dollars(usd).strip("$0.,")


def test_a_price_keeps_all_its_digits() -> None:
    assert [exact(Decimal(text)) for text in ("11.00736", "0.1", "2.800")] == ["$11.00736", "$0.10", "$2.80"]
