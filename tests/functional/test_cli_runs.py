"""`traindrop runs`: which of the runs are listed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders import a_run, stored
from tests.functional.conftest import BUCKET, TABLE, Account

from traindrop.clock import now
from traindrop.run import Status
from traindrop_cli.commands import runs
from traindrop_cli.commands.runs import run_runs
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import Stack

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def listed(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three runs: one of an hour ago that failed, two of 2026-11-12 at midnight and noon that were evaluated."""
    monkeypatch.setattr(runs, "find_stack", lambda _: Stack("traindrop", BUCKET, TABLE, None))
    day = datetime(2026, 11, 12, tzinfo=UTC)
    stored(account.ledger, a_run(run="recent", status=Status.FAILED, created_at=now() - timedelta(hours=1)))
    stored(account.ledger, a_run(run="noon", status=Status.EVALUATED, created_at=day + timedelta(hours=12)))
    stored(account.ledger, a_run(run="trees", dataset="trees", status=Status.EVALUATED, created_at=day))


@pytest.mark.parametrize(
    ("dataset", "statuses", "since", "expected"),
    [
        (None, [], None, {"recent", "noon", "trees"}),
        ("flowers", [], None, {"recent", "noon"}),
        (None, ["evaluated"], None, {"noon", "trees"}),
        (None, ["Failed", "Evaluated"], None, {"recent", "noon", "trees"}),
        ("flowers", ["Evaluated"], None, {"noon"}),
        (None, ["Evaluated"], "2026-11-12", {"noon", "trees"}),
        (None, ["Evaluated"], "2026-11-12T12:00", {"noon"}),
        (None, ["Evaluated"], "2026-11-12T13:00+01:00", {"noon"}),
        (None, ["Failed"], "2h", {"recent"}),
        (None, ["Failed"], "30m", set()),
        (None, ["Stopped"], None, set()),
    ],
)
def test_only_those_that_were_asked_for_are_listed(
    dataset: str | None, statuses: list[str], since: str | None, expected: set[str], capsys: Capture
) -> None:
    run_runs(dataset, statuses, since, json=True, stack=None)
    assert {run["run"] for run in json.loads(capsys.readouterr().out)} == expected


def test_where_there_are_none_such_it_does_not_say_that_there_are_none_at_all(capsys: Capture) -> None:
    run_runs(None, ["Stopped"], None, json=False, stack=None)
    assert "No such runs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statuses", "since", "says"),
    [
        (["Done"], None, "--status Done: there is no such status. Expected one of Waiting, Rejected"),
        ([], "yesterday", "--since yesterday: expected a time ago such as 30m"),
        ([], "5y", "--since 5y: expected"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_can(statuses: list[str], since: str | None, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run_runs(None, statuses, since, json=True, stack=None)
