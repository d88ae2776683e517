"""`traindrop prices`: what is shipped, what AWS says, and where that is kept."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from tests.functional.conftest import BUCKET, TABLE, Account
from tests.price_list_products import LAMBDA, SAGEMAKER

from traindrop.known_prices import known_prices
from traindrop.price_table import SHIPPED
from traindrop.prices import KEY, LambdaRates, training_price
from traindrop_cli.commands import prices
from traindrop_cli.commands.prices import run_prices
from traindrop_cli.errors import CommandError
from traindrop_cli.pricing import cache_file, cached, fetch, known_here
from traindrop_cli.stack import Stack

TODAY = date(2026, 11, 25)


def asked(service: str, **attributes: str) -> dict[str, Any]:
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in attributes.items()]
    return {"ServiceCode": service, "Filters": filters, "FormatVersion": "aws_v1"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINDROP_HOME", str(tmp_path / "home"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


@pytest.fixture
def price_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """AWS's Price List API, which the local AWS and moto do not have: what it is to be asked, and answers then."""
    make: Any = boto3.client
    client = make("pricing", region_name="us-east-1")
    monkeypatch.setattr(boto3, "client", lambda name, **more: client if name == "pricing" else make(name, **more))
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def answers(price_list: Stubber, region: str = "us-east-1") -> None:
    """Two pages of training prices, then Lambda's."""
    training = asked("AmazonSageMaker", regionCode=region, component="Training")
    first, rest = SAGEMAKER[:1], SAGEMAKER[1:]
    price_list.add_response("get_products", {"PriceList": first, "NextToken": "more"}, training)
    price_list.add_response("get_products", {"PriceList": rest}, training | {"NextToken": "more"})
    price_list.add_response("get_products", {"PriceList": LAMBDA}, asked("AWSLambda", regionCode=region))


def test_all_pages_of_the_price_list_are_read_for_one_region(price_list: Stubber) -> None:
    answers(price_list)
    found = fetch("us-east-1", TODAY)
    assert found.training == {"ml.m5.large": "0.115", "ml.g5.xlarge": "1.408"}
    assert found.lambda_rates == LambdaRates("0.0000166667", "0.0000002")
    assert (found.region, found.as_of, found.source) == ("us-east-1", TODAY, "AWS Price List API")


def test_a_region_that_sagemaker_is_not_in_is_told(price_list: Stubber) -> None:
    price_list.add_response(
        "get_products", {"PriceList": []}, asked("AmazonSageMaker", regionCode="mars-1", component="Training")
    )
    with pytest.raises(CommandError, match=r"no training instance in 'mars-1'.*--region us-east-1"):
        fetch("mars-1", TODAY)


def test_what_was_got_is_kept_with_its_date_and_goes_before_what_is_shipped(
    price_list: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(price_list)
    run_prices("us-east-1", refresh=True, json=False, stack=None)
    price = training_price(known_here(), "us-east-1", "ml.m5.large")
    assert price is not None
    assert (price.as_of, price.source) == (datetime.now(UTC).date(), "AWS Price List API")
    shown = capsys.readouterr()
    assert re.search(rf"ml\.m5\.large +\$0\.115 +{price.as_of} +AWS Price List API", shown.out)
    assert f"kept in {cache_file()}" in shown.err


def test_getting_them_again_replaces_the_regions_and_leaves_the_others(price_list: Stubber) -> None:
    for region in ("eu-west-1", "us-east-1", "us-east-1"):
        answers(price_list, region)
        run_prices(region, refresh=True, json=False, stack=None)
    assert [known.region for known in cached()] == ["eu-west-1", "us-east-1"]


def test_a_named_stack_goes_by_them_from_then_on(
    price_list: Stubber, account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert known_prices(BUCKET) == SHIPPED
    monkeypatch.setattr(prices, "connect", lambda name: Stack(name, BUCKET, TABLE))
    answers(price_list)
    run_prices("us-east-1", refresh=True, json=True, stack="traindrop")
    assert known_prices(BUCKET) == (*cached(), *SHIPPED)
    rows = {row["instance_type"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["ml.m5.large"]["usd_per_hour"] == 0.115
    assert rows["ml.m5.large"]["as_of"] == datetime.now(UTC).date().isoformat()
    assert account.runs() == []


def test_without_credentials_or_a_network_the_shipped_table_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    run_prices(None, refresh=False, json=False, stack=None)
    shown = capsys.readouterr().out
    assert re.search(r"us-east-1 +ml\.m5\.large +\$0\.115 +2026-08-11 +Price List API", shown)
    assert "Lambda (x86) in us-east-1: $0.0000166667 a GB-second" in shown
    assert "not guessed" in shown


def test_a_region_without_prices_is_said_to_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    run_prices("mars-1", refresh=False, json=False, stack=None)
    assert "No price in mars-1 is known." in capsys.readouterr().out


def test_a_cache_that_someone_changed_is_told_by_its_name() -> None:
    cache_file().parent.mkdir(parents=True)
    cache_file().write_text("cheap")
    with pytest.raises(CommandError, match=rf"{re.escape(str(cache_file()))} is no list of prices"):
        known_here()


def test_a_stacks_list_that_someone_changed_fails_with_its_name(account: Account) -> None:
    account.put(KEY, b"cheap")
    with pytest.raises(ValueError, match=rf"s3://{BUCKET}/{KEY} is no list of prices"):
        known_prices(BUCKET)


def test_a_price_is_an_exact_amount() -> None:
    price = training_price(SHIPPED, "eu-north-1", "ml.c7i.48xlarge")
    assert price is not None
    assert price.usd == Decimal("11.00736")
