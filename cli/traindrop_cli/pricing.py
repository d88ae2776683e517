"""Prices from AWS, and the copy of them on this computer."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import boto3

from traindrop.price_table import SHIPPED
from traindrop.prices import PriceList, from_json, to_json
from traindrop_cli.errors import CommandError
from traindrop_cli.local_note import state_folder
from traindrop_cli.price_list import lambda_rates, training_prices

SOURCE = "AWS Price List API"
# The API has endpoints in three regions only, each with the prices of all.
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
_ENDPOINT_REGION = "us-east-1"


def fetch(region: str, today: date) -> PriceList:
    """The training and Lambda prices of a region. Needs the permission pricing:GetProducts. Raises `CommandError`."""
    training = training_prices(_products("AmazonSageMaker", regionCode=region, component="Training"))
    if not training:
        raise CommandError(
            f"AWS's price list has no training instance in {region!r}. Name a region that SageMaker is in, for example "
            "--region us-east-1."
        )
    rates = lambda_rates(_products("AWSLambda", regionCode=region))
    return PriceList(region, today, SOURCE, training, rates)


def _products(service: str, **attributes: str) -> Iterator[str]:
    client: Any = boto3.client("pricing", region_name=_ENDPOINT_REGION)
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in attributes.items()]
    for page in client.get_paginator("get_products").paginate(
        ServiceCode=service, Filters=filters, FormatVersion="aws_v1"
    ):
        yield from page["PriceList"]


def cache_file() -> Path:
    return state_folder() / "prices.json"


def cached() -> tuple[PriceList, ...]:
    """What was got before. Raises `CommandError` where the file was changed by someone else."""
    try:
        return from_json(cache_file().read_bytes(), file=str(cache_file()))
    except FileNotFoundError:
        return ()
    except ValueError as error:
        raise CommandError(str(error)) from error


def remember(fresh: PriceList) -> None:
    """Keep a region's prices in place of those that were got before."""
    others = [known for known in cached() if known.region != fresh.region]
    cache_file().parent.mkdir(parents=True, exist_ok=True)
    cache_file().write_text(to_json([*others, fresh]) + "\n", encoding="utf-8")


def known_here() -> tuple[PriceList, ...]:
    """All that this computer knows."""
    return (*cached(), *SHIPPED)
