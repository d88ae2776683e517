"""What the AWS Price List API answers, as prices: pure functions over its JSON texts.

Each text is one product: `product.attributes`, and under `terms.OnDemand` its price dimensions.
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
"""

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from traindrop.prices import LambdaRates

# `USE1-Train:ml.m5.large`. Other usage types of the same instances are bought otherwise: managed spot, training plans,
# whose upfront fee looks like a low price.
_TRAINING = re.compile(r"(?:[A-Z0-9]+-)?Train:(?P<instance_type>ml\.[a-z0-9-]+\.[a-z0-9]+)")
_GB_SECOND = re.compile(r"(?:[A-Z0-9]+-)?Lambda-GB-Second")
_REQUEST = re.compile(r"(?:[A-Z0-9]+-)?Request")


def training_prices(products: Iterable[str]) -> dict[str, str]:
    """USD per instance and hour by instance type, of the products of AmazonSageMaker; others are passed over."""
    found = {}
    for product in map(json.loads, products):
        attributes = product["product"]["attributes"]
        usage = _TRAINING.fullmatch(attributes.get("usagetype", ""))
        usd = _first_tier(product, unit="hrs") if usage and attributes.get("component") == "Training" else None
        if usage and usd is not None:
            found[usage["instance_type"]] = usd
    return dict(sorted(found.items()))


def lambda_rates(products: Iterable[str]) -> LambdaRates | None:
    """Of x86, of the products of AWSLambda; None where one of the two is not among them."""
    gb_second = request = None
    for product in map(json.loads, products):
        usage = product["product"]["attributes"].get("usagetype", "")
        if _GB_SECOND.fullmatch(usage):
            gb_second = _first_tier(product)
        elif _REQUEST.fullmatch(usage):
            request = _first_tier(product)
    return LambdaRates(gb_second, request) if gb_second and request else None


def _first_tier(product: dict[str, Any], *, unit: str | None = None) -> str | None:
    """The price from the first unit on, in USD; None where that is none, or by another unit."""
    for dimension in _dimensions(product):
        if unit is not None and dimension["unit"].lower() != unit:
            continue
        usd = Decimal(dimension["pricePerUnit"].get("USD", "0"))
        if Decimal(dimension.get("beginRange", "0")) == 0 and usd > 0:
            return f"{usd.normalize():f}"
    return None


def _dimensions(product: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for term in product["terms"].get("OnDemand", {}).values():
        yield from term["priceDimensions"].values()
