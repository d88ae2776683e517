"""`traindrop prices`."""

import json as json_module
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
from rich.table import Table

from traindrop import aws
from traindrop.cost import exact
from traindrop.known_prices import known_prices
from traindrop.prices import KEY, Price, PriceList, lambda_rates, to_json, training_price
from traindrop_cli.errors import CommandError
from traindrop_cli.pricing import cache_file, fetch, known_here, remember
from traindrop_cli.screen import console
from traindrop_cli.stack import Stack, connect


def run_prices(region: str | None, *, refresh: bool, json: bool, stack: str | None) -> None:
    """Show the prices, a region's or all; those that a stack goes by where one is named."""
    found = connect(stack) if stack is not None else None
    if refresh:
        region = region or _own_region()
        _refresh(region, found)
    lists = known_here() if found is None else known_prices(found.bucket)
    if json:
        print(json_module.dumps([_as_json(*row) for row in _rows(lists, region)], indent=2))
    else:
        _show(lists, region)


def _refresh(region: str, stack: Stack | None) -> None:
    fresh = fetch(region, datetime.now(UTC).date())
    remember(fresh)
    where = str(cache_file())
    if stack is not None:
        aws.put(stack.bucket, KEY, to_json([fresh]).encode(), "application/json")
        where += f" and in {stack.where}"
    console(stderr=True).print(
        f"Got {len(fresh.training)} training prices of {region}; kept in {where}.", soft_wrap=True, highlight=False
    )


def _own_region() -> str:
    region = boto3.Session().region_name
    if region is None:
        raise CommandError("No region is set: name one with --region, or set AWS_REGION.")
    return region


def _rows(lists: Sequence[PriceList], region: str | None) -> Iterator[tuple[str, str, Price]]:
    """Region, instance type and the newest price of it."""
    for there in sorted({known.region for known in lists} if region is None else {region}):
        for instance_type in sorted({name for known in lists if known.region == there for name in known.training}):
            price = training_price(lists, there, instance_type)
            if price is not None:
                yield there, instance_type, price


def _as_json(region: str, instance_type: str, price: Price) -> dict[str, Any]:
    return {
        "region": region, "instance_type": instance_type, "usd_per_hour": float(price.usd),
        "as_of": price.as_of.isoformat(), "source": price.source,
    }  # fmt: skip


def _show(lists: Sequence[PriceList], region: str | None) -> None:
    screen, rows = console(), list(_rows(lists, region))
    table = Table("region", "instance type", "an hour", "as of", "source", box=None, pad_edge=False)
    for there, instance_type, price in rows:
        table.add_row(there, instance_type, exact(price.usd), price.as_of.isoformat(), price.source)
    if rows:
        screen.print(table)
    for there in sorted({known.region for known in lists} if region is None else {region}):
        rates = lambda_rates(lists, there)
        if rates is not None:
            screen.print(
                f"Lambda (x86) in {there}: ${rates.gb_second} a GB-second, ${rates.request} a request.",
                soft_wrap=True, highlight=False,
            )  # fmt: skip
    if region is not None and not rows:
        screen.print(f"No price in {region} is known.", highlight=False)
    screen.print(
        "What is not listed is unknown, and not guessed. AWS itself: traindrop prices --refresh --region REGION",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
