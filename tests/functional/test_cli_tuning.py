"""What `show`, `runs`, `stop` and `--keep` say of a run that tunes."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from rich.console import Console
from tests.builders import stored
from tests.functional.conftest import BUCKET, TABLE, Account
from tests.tuned_runs import NAME, SOME, Trials, a_trial, a_tuned_run, trials

from traindrop import aws, training_jobs
from traindrop.clock import now
from traindrop.run import Run, Status
from traindrop_cli.commands import compare, runs, show, stop
from traindrop_cli.commands.compare import run_compare
from traindrop_cli.commands.runs import run_runs
from traindrop_cli.commands.show import run_show
from traindrop_cli.commands.stop import run_stop
from traindrop_cli.json_fields import FIELDS
from traindrop_cli.kept import keep
from traindrop_cli.run_trials import RunTrials
from traindrop_cli.stack import Stack
from traindrop_cli.stopping import about_to_stop
from traindrop_cli.summary import print_run

__all__ = ["trials"]  # a fixture

STACK = Stack("traindrop", BUCKET, TABLE, "http://localhost")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(account: Account, trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    del account, trials
    for module in (show, runs, stop, compare):
        monkeypatch.setattr(module, "find_stack", lambda _: STACK)


def shown(run: Run, tuned: RunTrials | None, width: int = 200) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    print_run(run, console, tuned=tuned)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def table(lines: list[str]) -> list[list[str]]:
    """The cells of the table of trials, with its heads."""
    start = next(number for number, line in enumerate(lines) if line.startswith("trial "))
    return [line.split() for line in lines[start : start + 8]]


def test_show_lists_the_trials_best_first_with_settings_value_time_and_cost(account: Account, capsys: Capture) -> None:
    stored(account.ledger, a_tuned_run())
    run_show(NAME, json=False, stack=None)
    lines = capsys.readouterr().out.splitlines()
    heads, *rows = table(lines)
    assert heads == ["trial", "eta", "max_depth", "validation:auc", "status", "seconds", "cost"]
    assert rows[0] == ["2", "(best)", "0.02469", "2", "0.9123", "completed", "2.0", "$0.000086"]
    assert rows[1][:3] == ["0", "(defaults)", "0.1"]
    assert [row[0] for row in rows] == ["2", "0", "1", "3", "4", "5", "6"]
    assert "Tuning: 4 of 6 trials have ended (1 failed, 1 stopped early), 2 are running." in lines
    assert "Best so far: validation:auc 0.9123 by trial 2: eta 0.02469, max_depth 2." in lines
    assert "Trial 3 failed: AlgorithmError: it broke down" in lines


def test_in_a_narrow_terminal_what_is_worth_least_is_left_out_and_no_row_is_wrapped() -> None:
    heads, *rows = table(shown(a_tuned_run(), RunTrials(a_tuned_run(), SOME), width=50))
    assert heads == ["trial", "eta", "max_depth", "validation:auc"]
    assert [row[0] for row in rows] == ["2", "0", "1", "3", "4", "5", "6"]


def test_show_as_json_has_every_trial_with_every_field_and_values_in_full(account: Account, capsys: Capture) -> None:
    stored(account.ledger, a_tuned_run())
    run_show(NAME, json=True, stack=None)
    told = json.loads(capsys.readouterr().out)
    assert told.keys() == FIELDS["show"].fields.keys()
    assert told["tuning"] == {
        "objective": "validation:auc", "direction": "maximize", "max_trials": 6, "max_parallel": 2, "best_trial": None,
        "trials_with_value": None, "gain": None,
    }  # fmt: skip
    assert told["trials"][0] == {
        "number": 2, "job": f"{NAME}-002-0123abcd", "status": "completed",
        "hyperparameters": {"eta": 0.02469, "max_depth": 2}, "objective": 0.91234, "billable_seconds": 3,
        "started_at": "2026-11-12T00:00:12Z", "ended_at": "2026-11-12T00:00:14Z", "reason": None, "seconds": 2.0,
        "usd": pytest.approx(3 * 0.1037 / 3600), "is_best": True, "is_defaults": False,
    }  # fmt: skip
    assert [each["number"] for each in told["trials"] if each["is_defaults"]] == [0]
    assert told["trials"][0].keys() == set(FIELDS["show"].fields["trials"].split("`")[1::2])


def test_of_a_run_that_does_not_tune_there_are_no_trials(account: Account, capsys: Capture) -> None:
    stored(account.ledger, a_tuned_run(max_trials=None))
    run_show(NAME, json=True, stack=None)
    told = json.loads(capsys.readouterr().out)
    assert (told["tuning"], told["trials"]) == (None, [])


def test_nobody_is_asked_for_trials_before_there_can_be_any(account: Account, trials: Trials, capsys: Capture) -> None:
    stored(account.ledger, a_tuned_run(status=Status.WAITING, launched_at=None))
    trials.now = (a_trial(7),)  # of no tuning
    run_show(NAME, json=True, stack=None)
    assert json.loads(capsys.readouterr().out)["trials"] == []


def test_where_less_is_better_the_least_is_the_best(account: Account, trials: Trials, capsys: Capture) -> None:
    stored(account.ledger, a_tuned_run(direction="minimize", objective="validation:rmse"))
    trials.now = (a_trial(0, 12345.678), a_trial(1, 0.001), a_trial(2, 3.0))
    run_show(NAME, json=False, stack=None)
    out = capsys.readouterr().out
    assert [row[0] for row in table(out.splitlines())[1:4]] == ["1", "2", "0"]
    assert "Best so far: validation:rmse 0.001 by trial 1" in out
    assert "12,345.7" in out


def test_that_nothing_was_better_than_the_defaults_is_said(account: Account, trials: Trials, capsys: Capture) -> None:
    stored(account.ledger, a_tuned_run(status=Status.COMPLETED, best_trial=f"{NAME}-defaults", training_ended_at=now()))
    trials.now = (a_trial(0, 0.8), a_trial(1, 0.7))
    run_show(NAME, json=False, stack=None)
    out = capsys.readouterr().out
    assert "Best: validation:auc 0.8000 by the defaults." in out
    assert "0 (defaults, best)" in out


def test_what_trials_are_called_and_say_is_text_and_nothing_else() -> None:
    hostile = "[red]x[/red]\x1b[2J\u202e"
    trial = a_trial(1, status="failed", hyperparameters={hostile: hostile}, reason=hostile)
    run = a_tuned_run(objective=hostile)
    text = "\n".join(shown(run, RunTrials(run, (a_trial(0, 0.5), trial))))
    # As the objective, of which there is a column too, as a setting and its value, and as a reason.
    assert text.count("[red]x[/red]") == 5
    assert not {"\x1b", "\u202e"} & set(text)


def test_runs_marks_those_that_tune(account: Account, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "find_stack", lambda _: replace(STACK, endpoint_url=None))
    stored(account.ledger, a_tuned_run())
    stored(account.ledger, a_tuned_run(run="over", status=Status.EVALUATED, trials_with_value=5))
    stored(account.ledger, a_tuned_run(run="not yet", status=Status.WAITING, launched_at=None))
    run_runs(None, (), None, json=False, stack=None)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert any(line.startswith(NAME) and line.endswith("tuning, 4 of 6") for line in lines)
    assert any(line.startswith("over") and line.endswith("flowers.csv, tuned by 5 trials") for line in lines)
    run_runs(None, (), None, json=True, stack=None)
    told = {each["run"]: each["tuning"] for each in json.loads(capsys.readouterr().out)}
    assert told["over"]["trials_with_value"] == 5


def test_what_a_stop_keeps_is_said_before(account: Account, trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_jobs, "tag", lambda *_: "research")
    run = stored(account.ledger, a_tuned_run())
    facts = about_to_stop(STACK, run)
    assert facts["status"].endswith(f"as tuning job {NAME}")
    assert facts["trials"] == (
        "4 of 6 trials have ended (1 failed, 1 stopped early), 2 are running; those that run are stopped, the best "
        "of those with a value becomes the model"
    )
    trials.now = (a_trial(0, status="running"),)
    assert about_to_stop(STACK, run)["trials"].endswith("none has a value yet")


@pytest.mark.parametrize(
    ("status", "best", "says", "exit_status"),
    [
        (Status.COMPLETED, f"{NAME}-002-0123abcd", "The best of the trials that were done by then is kept", 0),
        (Status.STOPPED, None, "It is stopped.", 0),
        (Status.FAILED, None, "It came to its end before it could be stopped: it is Failed.", 1),
    ],
)
def test_a_tuning_that_was_stopped_goes_on_with_its_best_trial(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: Capture, status: Status, best: str | None, says: str,
    exit_status: int,
) -> None:  # fmt: skip
    stored(account.ledger, a_tuned_run())
    monkeypatch.setattr(training_jobs, "tag", lambda *_: "research")

    def stops(*_: object) -> None:
        account.ledger.request_stop(NAME, "a person")
        ended: Any = {"training_ended_at": now(), "best_trial": best, "trials_with_value": 3}
        assert account.ledger.advance(NAME, status, now(), **ended)

    monkeypatch.setattr(stop, "ask_to_stop", stops)
    assert run_stop(NAME, yes=True, json=False, stack=None) == exit_status
    assert says in " ".join(capsys.readouterr().out.split())


def test_everything_of_a_tuned_run_is_kept_the_best_trial_where_any_model_is(account: Account, tmp_path: Path) -> None:
    run = stored(account.ledger, a_tuned_run(status=Status.COMPLETED, training_ended_at=now(), bucket=BUCKET))
    best = SOME[2].job
    run = run.model_copy(update={"best_trial": best})
    for key in (run.request_key, run.trial_key(best, "model.tar.gz"), run.trial_key(SOME[1].job, "model.tar.gz")):
        account.put(key, key.encode())
    logs = boto3.client("logs")
    for trial in SOME[1:3]:
        stream: Any = {"logGroupName": aws.LOG_GROUP, "logStreamName": f"{trial.job}/algo-1-1"}
        logs.create_log_stream(**stream)
        logs.put_log_events(**stream, logEvents=[{"timestamp": int(now().timestamp() * 1000), "message": trial.job}])
    keep(STACK, run, tmp_path)
    assert (tmp_path / "output/model.tar.gz").read_text() == run.model_key
    assert (tmp_path / f"trials/{SOME[1].job}/output/model.tar.gz").exists()
    assert (tmp_path / "training.log").read_text() == f"{best}\n"
    assert (tmp_path / f"trials/{SOME[1].job}/training.log").read_text() == f"{SOME[1].job}\n"
    assert (tmp_path / "request.json").exists()


TUNING = {
    "TrainingJobDefinition": {},
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {
            "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "9"}],
            "ContinuousParameterRanges": [
                {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.5", "ScalingType": "Logarithmic"}
            ],
            "CategoricalParameterRanges": [{"Name": "booster", "Values": ["dart", "gbtree"]}],
        },
    },
}


def test_compare_has_the_settings_of_the_best_trial_and_what_was_searched(account: Account, capsys: Capture) -> None:
    tuned = stored(account.ledger, a_tuned_run(bucket=BUCKET))
    plain = stored(account.ledger, a_tuned_run(run="plain", max_trials=None, bucket=BUCKET))
    given = {"HyperParameters": {"eta": "0.1", "max_depth": "5", "sagemaker_program": "x", "num_round": "50"}}
    script = {"HyperParameters": given["HyperParameters"] | {"sagemaker_submit_directory": "y"}}
    aws.put_json(BUCKET, plain.request_key, script)
    aws.put_json(BUCKET, tuned.defaults_request_key, script)
    aws.put_json(BUCKET, tuned.request_key, TUNING)
    run_compare([tuned.run, plain.run], everything=False, json=True, stack=None)
    told = json.loads(capsys.readouterr().out)
    assert told["differences"]["config"] == {
        "eta": ["0.02469", "0.1"],
        "max_depth": ["2", "5"],
        "tuning": ["bayesian, 6 trials", None],
        "objective": ["maximize validation:auc", None],
        "range of max_depth": ["1 to 9", None],
        "range of eta": ["0.01 to 0.5 (log)", None],
        "range of booster": ["dart, gbtree", None],
    }
    assert told["alike"]["num_round"] == "50"
