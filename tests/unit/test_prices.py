"""Prices that are known, and those that are not."""

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from traindrop.price_table import SHIPPED
from traindrop.prices import LambdaRates, PriceList, from_json, lambda_rates, to_json, training_price

OLD = PriceList("us-east-1", date(2026, 9, 1), "old", {"ml.m5.large": "0.1", "ml.c5.xlarge": "0.2"})
NEW = PriceList("us-east-1", date(2026, 11, 1), "new", {"ml.m5.large": "0.115"}, LambdaRates("0.00002", "0.0000002"))


@pytest.mark.parametrize("lists", [[OLD, NEW], [NEW, OLD]])
def test_the_newest_list_that_has_a_price_tells_it(lists: list[PriceList]) -> None:
    price = training_price(lists, "us-east-1", "ml.m5.large")
    assert price is not None
    assert (price.usd, price.as_of, price.source) == (Decimal("0.115"), date(2026, 11, 1), "new")
    older = training_price(lists, "us-east-1", "ml.c5.xlarge")
    assert older is not None
    assert older.as_of == date(2026, 9, 1)
    assert lambda_rates(lists, "us-east-1") == NEW.lambda_rates


@pytest.mark.parametrize(("region", "needs"), [("eu-west-1", "ml.m5.large"), ("us-east-1", "ml.m5.huge")])
def test_what_no_list_has_is_unknown(region: str, needs: str) -> None:
    assert training_price([OLD, NEW], region, needs) is None
    assert lambda_rates([OLD], "us-east-1") is None


def test_the_default_instance_type_has_a_shipped_price_in_the_region_of_most() -> None:
    price = training_price(SHIPPED, "us-east-1", "ml.m5.large")
    assert price is not None
    assert price.usd == Decimal("0.115")


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: f"{shipped.region} {shipped.as_of}")
def test_every_shipped_price_is_an_amount_with_a_source_of_its_day(shipped: PriceList) -> None:
    assert shipped.as_of.isoformat() in shipped.source
    assert shipped.training or shipped.lambda_rates
    assert all(re.fullmatch(r"ml\.[a-z0-9-]+\.[a-z0-9]+", name) for name in shipped.training)
    assert all(0 < Decimal(usd) < 200 for usd in shipped.training.values())


def test_shipped_lists_that_tell_the_same_price_tell_it_alike() -> None:
    for one in SHIPPED:
        for other in (known for known in SHIPPED if known.region == one.region):
            for name in one.training.keys() & other.training.keys():
                assert Decimal(one.training[name]) == Decimal(other.training[name]), name


def test_lists_are_kept_as_json_without_losing_a_digit() -> None:
    assert from_json(to_json([OLD, NEW]), file="prices.json") == (OLD, NEW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": 2, "lists": []}',
        '{"schema": 1, "lists": [{}]}',
        to_json([OLD]).replace("2026-09-01", "yesterday"),
        to_json([replace(OLD, training={"ml.m5.large": "cheap"})]),
        to_json([replace(OLD, training={"ml.m5.large": "0"})]),
        json.dumps({"schema": 1, "lists": [{"region": "r", "as_of": "2026-09-01", "source": "s", "training": [],
                                            "lambda": None}]}),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_of_prices_is_refused_by_its_name_with_what_mends_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"home/prices\.json is no list.*traindrop prices --refresh"):
        from_json(text, file="home/prices.json")
