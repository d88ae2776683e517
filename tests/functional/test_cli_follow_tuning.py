"""Following a run that tunes: each trial as it ends, the best so far, time and cost, in a pipe and in a terminal."""

import io
import time
from datetime import timedelta

import pytest
from rich.console import Console
from tests.builders import stored
from tests.functional.conftest import Account
from tests.functional.test_cli_follow import BEGAN as UPLOADED
from tests.functional.test_cli_follow import STACK
from tests.tuned_runs import BEGAN, NAME, Trials, a_trial, a_tuned_run, trials

from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop_cli.display import watch
from traindrop_cli.follow import Ended, Step, follow
from traindrop_cli.run_trials import RunTrials
from traindrop_cli.trial_lines import standing_lines

__all__ = ["trials"]  # a fixture

OVER = BEGAN + timedelta(seconds=30)


@pytest.fixture
def followed(account: Account, trials: Trials, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """At each pause between two looks a second passes, and the next chapter of a short tuning is reached."""
    ledger = account.ledger
    stored(ledger, a_tuned_run(max_trials=3))
    trials.now = ()
    clock = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))

    def ends() -> None:
        assert ledger.advance(
            NAME, Status.COMPLETED, OVER, training_started_at=BEGAN, training_ended_at=OVER, billable_seconds=12,
            best_trial=f"{NAME}-002-0123abcd", trials_with_value=3,
        )  # fmt: skip

    def is_told() -> None:
        assert ledger.advance(NAME, Status.EVALUATED, OVER, evaluated_at=OVER, ended_at=OVER)
        ledger.record_message(NAME, OVER)

    chapters = [
        lambda: setattr(trials, "now", (a_trial(0, status="running"), a_trial(1, status="running"))),
        lambda: setattr(trials, "now", (a_trial(0, 0.8), a_trial(1, 0.75), a_trial(2, status="running"))),
        lambda: None,
        lambda: setattr(
            trials, "now", (a_trial(0, 0.8), a_trial(1, 0.75), a_trial(2, 0.9), a_trial(3, status="failed", reason="x"))
        ),
        ends,
        is_told,
    ]
    monkeypatch.setattr(time, "sleep", lambda _: chapters.pop(0)())
    return ledger


def test_each_trial_is_told_once_as_it_ends_with_its_settings_and_what_was_the_best_by_then(
    followed: Ledger,  # noqa: ARG001 - what is followed
) -> None:
    console = Console(file=io.StringIO(), width=200, markup=False, highlight=False)
    watch(follow(STACK, lambda _: NAME, UPLOADED, timeout=5000), console)
    assert isinstance(console.file, io.StringIO)
    lines = [line.split(maxsplit=2)[2] for line in console.file.getvalue().splitlines()]
    assert lines == [
        "uploaded   flowers.csv",
        "checked    60 rows, 3 columns, target species, binary",
        "launched   xgboost, Lambda of 1,769 MB, 3 trials and the defaults, 2 at once",
        "training",
        "defaults   validation:auc 0.8000, the best so far (eta 0.1, max_depth 5), $0.0002 so far",
        "trial 1    validation:auc 0.7500 (eta 0.01235, max_depth 1); 1 of 3, $0.0002 so far",
        "trial 2    validation:auc 0.9000, the best so far (eta 0.02469, max_depth 2); 2 of 3, $0.0003 so far",
        "trial 3    failed (eta 0.03703, max_depth 3): x; 3 of 3, $0.0003 so far",
        "trained    3 trials with a value",
        "evaluated  validation only",
        "notified",
    ]


def test_no_trial_is_news_twice_and_none_is_missed_that_ended_between_two_looks(followed: Ledger) -> None:
    told = list(follow(STACK, lambda _: NAME, UPLOADED, timeout=5000))
    states = [each.trials for each in told if isinstance(each, RunTrials)]
    assert [len(each) for each in states] == [2, 3, 4]
    assert isinstance(told[-1], Ended)
    names = [each.name for each in told if isinstance(each, Step)]
    assert names == ["uploaded", "checked", "launched", "training", "trained", "evaluated", "notified"]
    assert followed.stored(NAME).notified_at is not None


def test_trials_are_not_asked_for_at_every_look(
    followed: Ledger,  # noqa: ARG001 - what is followed
    trials: Trials,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1.0)
    told = list(follow(STACK, lambda _: NAME, UPLOADED, timeout=5000))
    assert trials.asked == 3  # at first, and when the status has changed
    assert [len(each.trials) for each in told if isinstance(each, RunTrials)] == [4]


def a_terminal(run: Run, *states: RunTrials, ascii_only: bool = False) -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii" if ascii_only else "utf-8", errors="strict")
    console = Console(file=file, width=150, force_terminal=True, color_system=None, legacy_windows=False)
    steps = [Step("uploaded", BEGAN, "flowers.csv"), Step("launched", BEGAN), Step("training", BEGAN)]
    watch([*steps, *states, Ended(run)], console)
    file.flush()
    assert isinstance(file.buffer, io.BytesIO)
    return file.buffer.getvalue().decode()


def test_a_terminal_shows_how_it_stands_with_the_best_so_far_as_a_curve() -> None:
    run = a_tuned_run()
    some = RunTrials(run, (a_trial(0, 0.8), a_trial(1, 0.7), a_trial(2, 0.9), a_trial(3, status="running")))
    shown = a_terminal(run, some)
    assert "2 of 6 trials have ended, 1 is running" in shown
    assert "best so far ▁▁█ validation:auc 0.9000 by trial 2: eta 0.02469, max_depth 2" in shown
    assert "best so far validation:auc 0.9000 by trial 2" in "\n".join(standing_lines(some, ascii_only=True))


def test_what_it_costs_goes_on_with_the_trials_that_run() -> None:
    some = RunTrials(a_tuned_run(), (a_trial(0, 0.8), a_trial(1, status="running")))
    early, late = (some.usd(BEGAN + timedelta(seconds=seconds)) for seconds in (11, 101))
    assert early is not None
    assert late is not None
    assert float(late - early) == pytest.approx(90 * 0.1037 / 3600)
    assert RunTrials(a_tuned_run(tariffs={}), some.trials).usd(BEGAN) is None
