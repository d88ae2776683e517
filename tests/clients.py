"""The AWS clients that this process keeps."""

from traindrop import aws, ledger


def forget_clients() -> None:
    """Clients are kept for the life of a Lambda; those of one test's account are of no use to the next."""
    aws.client.cache_clear()  # type: ignore[attr-defined]  # the overloads hide the cache
    ledger._table.cache_clear()
