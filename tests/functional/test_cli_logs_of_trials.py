"""`traindrop logs` of a run that tunes: each trial has a log of its own."""

import json
import re
from collections.abc import Callable

import pytest
from tests.builders import stored
from tests.functional.conftest import Account
from tests.functional.test_cli_logs import pauses, write
from tests.tuned_runs import NAME, SOME, Trials, a_trial, a_tuned_run, trials

from traindrop.clock import now
from traindrop.run import Run, Status
from traindrop.trial import Trial
from traindrop_cli.commands.logs import run_logs
from traindrop_cli.errors import CommandError

__all__ = ["pauses", "trials"]  # fixtures

Capture = pytest.CaptureFixture[str]
FIFTH, SIXTH = SOME[5].job, SOME[6].job


def running(account: Account, **changes: object) -> Run:
    return stored(account.ledger, a_tuned_run(**changes))


def over(account: Account, **changes: object) -> Run:
    return running(account, status=Status.EVALUATED, training_ended_at=now(), best_trial=SOME[2].job, **changes)


def test_while_it_goes_on_the_lines_of_the_trials_that_run_name_their_trial(
    account: Account,
    trials: Trials,  # noqa: ARG001 - seven, of which the last two run
    capsys: Capture,
) -> None:
    running(account)
    write("of one that is over", job=SOME[2].job)
    write("[0] validation-auc:0.5", job=FIFTH)
    write("[0] validation-auc:0.6", job=SIXTH)
    assert run_logs(NAME, follow=False, json=False, stack=None) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == ["trial 5 | [0] validation-auc:0.5", "trial 6 | [0] validation-auc:0.6"]
    assert "of one alone with --trial NUMBER" in told.err
    run_logs(NAME, follow=False, json=True, stack=None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"job": FIFTH, "line": "[0] validation-auc:0.5"}


def test_once_it_is_over_it_is_the_log_of_the_best_trial(account: Account, trials: Trials, capsys: Capture) -> None:
    trials.now = SOME[:3]
    over(account)
    for trial in trials.now:
        write(f"of trial {trial.number}", job=trial.job)
    assert run_logs(NAME, follow=False, json=False, stack=None) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == ["of trial 2"]
    assert "This is the log of trial 2, the best one; of another with --trial NUMBER." in told.err


def test_that_of_one_trial_can_be_asked_for(account: Account, trials: Trials, capsys: Capture) -> None:
    trials.now = SOME[:3]
    over(account)
    write("of the defaults", job=SOME[0].job)
    assert run_logs(NAME, follow=False, json=False, stack=None, trial=0) == 0
    assert capsys.readouterr().out.splitlines() == ["of the defaults"]


@pytest.mark.parametrize(
    ("there", "says"),
    [
        (SOME, f"{NAME} has no trial 7: there are 0 to 6, of 6 at the most, and 0 has the defaults"),
        ((SOME[0], SOME[3]), "has no trial 7: there are 0, 3, of 6"),
        ((), "has no trial 7: none has begun"),
    ],
)
def test_a_trial_that_is_not_there_is_refused_with_those_that_are(
    account: Account, trials: Trials, there: tuple[Trial, ...], says: str
) -> None:
    trials.now = there
    running(account)
    with pytest.raises(CommandError, match=says):
        run_logs(NAME, follow=False, json=False, stack=None, trial=7)


def test_a_run_that_does_not_tune_has_no_trials_to_choose_from(account: Account) -> None:
    running(account, max_trials=None)
    with pytest.raises(CommandError, match=f"{NAME} does not tune: it has no trials"):
        run_logs(NAME, follow=False, json=False, stack=None, trial=1)


def test_followed_it_goes_on_with_trials_that_begin_and_takes_the_last_lines_of_those_that_end(
    account: Account, trials: Trials, pauses: list[Callable[[], object]], capsys: Capture
) -> None:
    running(account)
    trials.now = (a_trial(1, status="running"),)
    write("one", job=SOME[1].job)

    def writes() -> None:
        write("one, late", job=SOME[1].job)
        write("five", job=FIFTH)

    pauses += [
        lambda: setattr(trials, "now", (a_trial(1, 0.7), a_trial(5, status="running"))),
        writes,
        lambda: account.ledger.advance(NAME, Status.COMPLETED, now(), training_ended_at=now()),
        lambda: write("five, late", job=FIFTH),
    ]
    assert run_logs(NAME, follow=True, json=False, stack=None) == 0
    assert capsys.readouterr().out.splitlines() == [
        "trial 1 | one", "trial 1 | one, late", "trial 5 | five", "trial 5 | five, late",
    ]  # fmt: skip
    assert pauses == []


def test_one_trial_is_followed_to_its_own_end(
    account: Account, trials: Trials, pauses: list[Callable[[], object]], capsys: Capture
) -> None:
    running(account)
    trials.now = (a_trial(5, status="running"), a_trial(6, status="running"))
    write("five", job=FIFTH)
    pauses += [
        lambda: setattr(trials, "now", (a_trial(5, 0.7), a_trial(6, status="running"))),
        lambda: write("five, late", job=FIFTH),
    ]
    assert run_logs(NAME, follow=True, json=False, stack=None, trial=5) == 0
    assert capsys.readouterr().out.splitlines() == ["five", "five, late"]
    assert account.ledger.stored(NAME).goes_on


@pytest.mark.parametrize(
    ("status", "there", "says"),
    [
        (Status.IN_PROGRESS, SOME, "No trial of .* has written anything just now"),
        (Status.FAILED, (a_trial(0, status="failed"),), "No trial of .* ended with a value. The log of one"),
    ],
)
def test_where_there_are_no_lines_it_says_where_there_may_be(
    account: Account, trials: Trials, capsys: Capture, status: Status, there: tuple[Trial, ...], says: str
) -> None:
    trials.now = there
    running(account, status=status)
    assert run_logs(NAME, follow=False, json=False, stack=None) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert re.search(says, told.err)
