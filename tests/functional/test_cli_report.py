"""`traindrop report`: fetched into a file, opened where there is a browser, and refused with the reason."""

import webbrowser
from pathlib import Path

import pytest
from tests.builders import a_run, stored
from tests.functional.conftest import BUCKET, TABLE, Account

from traindrop.run import Status
from traindrop_cli.commands import report
from traindrop_cli.commands.report import run_report
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import Stack

PAGE = b"<!doctype html>"
NAME = a_run().run


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The addresses that a browser was asked to open; the working directory is an empty one."""
    found: list[str] = []
    stack = Stack("traindrop", BUCKET, TABLE, None)
    monkeypatch.setattr(report, "find_stack", lambda _: stack)
    monkeypatch.setattr(webbrowser, "open", found.append)
    monkeypatch.chdir(tmp_path)
    return found


def test_it_is_fetched_and_opened(
    account: Account, shown: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(account.ledger, a_run(bucket=BUCKET, status=Status.EVALUATED))
    account.put(f"runs/{NAME}/report.html", PAGE)
    run_report(NAME, None, show=True, stack=None)
    path = tmp_path / f"{NAME}.html"
    assert path.read_bytes() == PAGE
    assert shown == [path.as_uri()]
    # What stands for the browser here opened nothing.
    assert capsys.readouterr() == (f"{NAME}.html\n", "There is no browser here to open it.\n")


def test_it_goes_where_it_is_told_and_stays_closed_if_asked(account: Account, shown: list[str], tmp_path: Path) -> None:
    stored(account.ledger, a_run(bucket=BUCKET, status=Status.EVALUATED))
    account.put(f"runs/{NAME}/report.html", PAGE)
    run_report(NAME, tmp_path / "mine.html", show=False, stack=None)
    run_report(NAME, tmp_path, show=False, stack=None)
    assert (tmp_path / "mine.html").read_bytes() == (tmp_path / f"{NAME}.html").read_bytes() == PAGE
    assert shown == []


def test_a_run_without_an_evaluation_has_no_report_and_leaves_no_file(
    account: Account, shown: list[str], tmp_path: Path
) -> None:
    stored(account.ledger, a_run(bucket=BUCKET, status=Status.FAILED))
    with pytest.raises(CommandError, match=f"{NAME} is Failed, and only a run that is Evaluated"):
        run_report(NAME, None, show=True, stack=None)
    assert (shown, list(tmp_path.iterdir())) == ([], [])


def test_a_report_that_is_not_there_is_named_with_a_way_to_another(account: Account, shown: list[str]) -> None:
    stored(account.ledger, a_run(bucket=BUCKET, status=Status.EVALUATED))
    with pytest.raises(CommandError, match=f"{NAME}/report.html is not there.*traindrop rerun {NAME}"):
        run_report(NAME, None, show=True, stack=None)
    assert shown == []
