"""Two dispatchers at the same moment: nobody is launched past the one that the other is launching just now."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.functional.conftest import Account
from tests.functional.service import Service, service
from tests.functional.test_waiting_line import dispatch, drop, refuse

from traindrop import aws
from traindrop.ledger import Ledger
from traindrop.run import Status

__all__ = ["service"]  # a fixture


def test_a_run_that_another_is_launching_is_not_overtaken_by_those_behind_it(
    account: Account, service: Service
) -> None:
    refuse(service)
    refuse(service, of="ml.c5.xlarge")
    first, _, elsewhere = drop(account, "a"), drop(account, "b"), drop(account, "c", "ml.c5.xlarge")
    service.refusals.clear()
    assert account.ledger.claim_launch(first, datetime.now(UTC)) is not None
    assert dispatch() == [elsewhere]


def test_a_round_ends_long_before_the_function_is_cut_off_and_the_next_one_goes_on(
    account: Account, service: Service, monkeypatch: pytest.MonkeyPatch, later: Callable[..., None]
) -> None:
    refuse(service)
    line = [drop(account, name) for name in ("a", "b", "c", "d", "e")]
    service.refusals.clear()
    create = service.create

    def slowly(request: dict[str, Any]) -> None:
        create(request)
        later(seconds=16)

    monkeypatch.setattr(aws, "create_training_job", slowly)
    assert dispatch() == line[:2]
    assert dispatch() == line[2:4]
    assert dispatch() == line[4:]


def test_a_place_that_is_outdated_in_the_index_keeps_nobody_waiting(
    account: Account, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(service)
    first, second = drop(account, "a"), drop(account, "b")
    service.refusals.clear()
    outdated = list(account.ledger.line_for("ml.m5.large"))
    assert account.ledger.advance(first, Status.IN_PROGRESS, datetime.now(UTC))
    monkeypatch.setattr(Ledger, "lines", lambda _: [iter(outdated)])
    assert dispatch() == [second]
