"""The prices that this stack goes by: those that someone got for it from AWS, and those that are shipped."""

from traindrop import aws
from traindrop.price_table import SHIPPED
from traindrop.prices import KEY, PriceList, from_json

# Some thousand instance types of a few regions.
_MOST_BYTES = 1024 * 1024


def known_prices(bucket: str) -> tuple[PriceList, ...]:
    """Raises `ValueError` where the bucket's list was not written by us."""
    found = aws.read_object(bucket, KEY, max_bytes=_MOST_BYTES)
    return SHIPPED if found is None else (*from_json(found.body, file=f"s3://{bucket}/{KEY}"), *SHIPPED)
