"""Many uploads at once, more than the quota has instances: each is evaluated once and told of once."""

import io
import os
from collections.abc import Iterator
from unittest import mock

import pytest
from benchmarks.burst import Burst, Measured, measure
from benchmarks.burst_claims import claims
from benchmarks.cost import FUNCTIONS, calls_of_functions
from rich.console import Console
from tests.clients import forget_clients

from traindrop_cli.stack import DEFAULT_STACK


@pytest.fixture
def measured() -> Iterator[Measured]:
    """A burst on a local AWS of its own, whose trainings take no time."""
    with mock.patch.dict(os.environ):
        forget_clients()
        yield measure(Burst(uploads=24, quota=2, timeout=150, environments=2, settling=1), Console(file=io.StringIO()))
    forget_clients()


def test_of_a_burst_each_upload_is_evaluated_once_and_told_of_once_within_the_quota(measured: Measured) -> None:
    broken = [(claim.text, claim.found) for claim in claims(measured.found) if not claim.holds]
    assert broken == []
    assert len(measured.found.runs) == 24
    calls = calls_of_functions(measured.calls, DEFAULT_STACK)
    assert [done.function for done in measured.invocations] == list(FUNCTIONS)
    assert all(calls[done.function] and done.milliseconds for done in measured.invocations)
    assert sum(counted["sns.Publish"] for counted in calls.values()) == 24
