"""The command line shows names, reasons and log lines as they are read: they neither style nor steer the terminal."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console
from tests.builders import a_run

from traindrop import aws
from traindrop.run import Run, Status
from traindrop_cli.display import watch
from traindrop_cli.follow import Ended, LogLine, Step
from traindrop_cli.main import main
from traindrop_cli.run_table import list_runs
from traindrop_cli.screen import console
from traindrop_cli.summary import print_run

MOMENT = datetime(2026, 11, 12, tzinfo=UTC)
# Read by a person, each is only odd text: markup of rich's, escape sequences (7 and 8 bits), a link, a title, erasing
# what is above, the direction of writing, and the mark-up languages of mails and reports.
HOSTILE = (
    "[red]name[/red] [link=http://evil]a[/link] :smile: \x1b[5;95mb\x1b[0m \x1b]8;;http://evil\x07c\x1b]8;;\x07 "
    "\x1b]0;title\x1b\\ \x9b2Jd \x1b[2J\x1b[1A\r\x08 \u202egpj.exe <script>alert(1)</script> **bold** [x](http://evil)"
)
# Without an end: rich itself would raise an error for a tag that closes nothing.
UNBALANCED = "[/] [/red] [bold"
RUN = a_run(
    run="traindrop-x-0123456789ab", dataset=HOSTILE, key=f"datasets/x/train/{HOSTILE}.csv", target=HOSTILE,
    reason=f"{HOSTILE} {UNBALANCED}", notes=(HOSTILE,), main_metric=HOSTILE, metrics={HOSTILE: 0.5},
    earlier_failures=(f"job: {HOSTILE}",), stop_requested_by=HOSTILE, waits_for=HOSTILE, checked_at=MOMENT,
)  # fmt: skip
SHOW: dict[str, Callable[[Console], object]] = {
    "runs": lambda to: list_runs([ended(Status.FAILED), ended(Status.EVALUATED), RUN], to, []),
    "show, failed": lambda to: print_run(ended(Status.FAILED), to),
    "show, evaluated": lambda to: print_run(ended(Status.EVALUATED), to),
    "show, waiting": lambda to: print_run(RUN, to),
    "drop": lambda to: watch([Step("uploaded", MOMENT, HOSTILE), LogLine(HOSTILE), Ended(RUN)], to),
}


def ended(status: Status, **fields: Any) -> Run:
    launched = {"launched_at": MOMENT, "ended_at": MOMENT, "instance_type": "ml.m5.large"}
    return RUN.model_copy(update={"status": status, "stop_requested_by": None, **launched, **fields})


@pytest.fixture(autouse=True)
def hostile_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "last_log_lines", lambda _job, _count: [HOSTILE, UNBALANCED])
    monkeypatch.setattr(aws, "exists", lambda _bucket, _key: True)


@pytest.mark.parametrize("command", SHOW)
def test_in_a_pipe_there_is_text_and_nothing_else(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    SHOW[command](console())
    shown = capsys.readouterr().out
    assert "[red]name[/red]" in shown
    assert all(letter.isprintable() or letter == "\n" for letter in shown), repr(shown)


@pytest.mark.parametrize("command", SHOW)
def test_in_a_terminal_only_our_own_colours_and_rich_s_own_drawing_reach_it(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.StringIO()
    monkeypatch.setattr("sys.stdout", file)
    screen = console()
    screen.file, screen._force_terminal, screen.width = file, True, 2000
    SHOW[command](screen)
    shown = file.getvalue()
    assert "[red]name[/red]" in shown
    for part in ("\x1b]", "\x1b[5", "\x1b[0;", "\x9b", "\x08", "\u202e", "😄"):
        assert part not in shown, repr(shown)
    # Colours; the live list also hides the cursor and draws itself again.
    text = re.sub(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\r|\x1b\[2K|\x1b\[1A", "", shown)
    assert all(letter.isprintable() or letter == "\n" for letter in text), repr(text)


def test_an_error_is_shown_as_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["traindrop", "drop", f"{HOSTILE.replace('/', '')}.csv"])
    with pytest.raises(SystemExit):
        main()
    shown = capsys.readouterr().err
    assert "there is no such file" in shown
    assert all(letter.isprintable() or letter == "\n" for letter in shown), repr(shown)
