"""Clients are kept for the life of a Lambda; those of other tests are of no use here, nor ours to them."""

from collections.abc import Iterator

import pytest
from tests.clients import forget_clients


@pytest.fixture(autouse=True)
def fresh_clients() -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()
