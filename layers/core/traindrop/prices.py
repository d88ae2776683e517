"""What an hour of a training instance costs, and Lambda: found in a dated list, or unknown. Never guessed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

# Where `traindrop prices --refresh --stack` puts what it got; no rule watches it.
KEY = "prices/prices.json"
_SCHEMA = 1


@dataclass(frozen=True)
class LambdaRates:
    """USD, as text: of x86 in the first tier, without the free tier. `gb_second`: per GB and second."""

    gb_second: str
    request: str


@dataclass(frozen=True)
class PriceList:
    """On-demand prices of one region as one source told them on one day.

    `training`: USD per instance and hour by instance type, as text, so that no digit is lost. It is the component
    Training of AmazonSageMaker: EC2's prices and those of notebooks and endpoints are others.
    """

    region: str
    as_of: date
    source: str
    training: Mapping[str, str] = field(default_factory=dict)
    lambda_rates: LambdaRates | None = None


@dataclass(frozen=True)
class Price:
    """USD per instance and hour, on which day and by whose word."""

    usd: Decimal
    as_of: date
    source: str


def training_price(lists: Iterable[PriceList], region: str, instance_type: str) -> Price | None:
    """The price in the newest list that has one; None where none has."""
    found = [known for known in lists if known.region == region and instance_type in known.training]
    newest = max(found, key=lambda known: known.as_of, default=None)
    return None if newest is None else Price(Decimal(newest.training[instance_type]), newest.as_of, newest.source)


def lambda_rates(lists: Iterable[PriceList], region: str) -> LambdaRates | None:
    """Lambda's rates in the newest list that has them; None where none has."""
    found = [known for known in lists if known.region == region and known.lambda_rates]
    newest = max(found, key=lambda known: known.as_of, default=None)
    return None if newest is None else newest.lambda_rates


def lambda_price(lists: Iterable[PriceList], region: str, memory_mb: int) -> Price | None:
    """What an hour of a function of so many megabytes costs, by the newest list that has rates; None where none has."""
    found = [known for known in lists if known.region == region and known.lambda_rates]
    newest = max(found, key=lambda known: known.as_of, default=None)
    if newest is None or newest.lambda_rates is None:
        return None
    hourly = Decimal(newest.lambda_rates.gb_second) * memory_mb / 1024 * 3600
    return Price(hourly, newest.as_of, newest.source)


def to_json(lists: Iterable[PriceList]) -> str:
    documents = [
        {
            "region": known.region,
            "as_of": known.as_of.isoformat(),
            "source": known.source,
            "training": dict(known.training),
            "lambda": vars(known.lambda_rates) if known.lambda_rates else None,
        }
        for known in lists
    ]
    return json.dumps({"schema": _SCHEMA, "lists": documents}, indent=2)


def from_json(text: str | bytes, *, file: str) -> tuple[PriceList, ...]:
    """What `to_json` wrote; `file` names it in the message. Raises `ValueError` for anything else."""
    try:
        document = json.loads(text)
        if document["schema"] != _SCHEMA:
            raise ValueError(f"schema {document['schema']!r}")
        return tuple(map(_read, document["lists"]))
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{file} is no list of prices ({error!r}). Write it anew with `traindrop prices --refresh`, or delete it."
        ) from error


def _read(document: dict[str, Any]) -> PriceList:
    rates = document["lambda"]
    known = PriceList(
        region=document["region"],
        as_of=date.fromisoformat(document["as_of"]),
        source=document["source"],
        training=document["training"],
        lambda_rates=LambdaRates(**rates) if rates else None,
    )
    amounts = [*known.training.values(), *(vars(known.lambda_rates).values() if known.lambda_rates else ())]
    if not all(Decimal(amount) > 0 for amount in amounts):
        raise ValueError("a price that is not above zero")
    return known
