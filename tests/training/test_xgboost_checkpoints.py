"""A training that is killed and started again goes on from its checkpoint."""

import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from tests.training.container import Container, mixed_rows
from training_scripts.xgboost import train as script

from traindrop import training_script, xgboost_checkpoint
from traindrop.dataset import Schema
from traindrop.kept_rows import KeptRows, Part
from traindrop.schema import Feature
from traindrop.xgboost_hosts import Group

# Without sampling: XGBoost's random numbers begin anew with each start.
WHOLE = {"subsample": 1, "colsample_bytree": 1}
FLAGS = {"target": "Outcome", "num_round": 1500, "max_depth": 6, "refit": False, **WHOLE}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkpoint folder."""
    made = tmp_path / "checkpoints"
    made.mkdir()
    monkeypatch.setenv("TRAINDROP_CHECKPOINT_DIR", str(made))
    return made


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint after every round."""
    monkeypatch.setattr(xgboost_checkpoint, "INTERVAL", 0)
    monkeypatch.setattr(xgboost_checkpoint, "PAUSE", 0)


def rounds_of(output: str) -> list[int]:
    return [int(number) for number in re.findall(r"^\[(\d+)\]", output, re.MULTILINE)]


def test_a_killed_training_goes_on_from_its_checkpoint_to_the_same_model(tmp_path: Path, folder: Path) -> None:
    container = Container(tmp_path / "ml", "xgboost")
    container.put("train", "train.csv", mixed_rows(2000, 1))
    container.trained(**FLAGS)
    undisturbed = (container.base / "model/model.ubj").read_bytes()
    metrics = container.read_json("output/data/metrics.json")
    variables = {"TRAINDROP_CHECKPOINT_DIR": str(folder)}

    killed = container.start(FLAGS, variables)
    assert killed.stdout
    for _ in killed.stdout:
        if (folder / "validation.ubj").exists():
            os.kill(killed.pid, signal.SIGKILL)
        # Its log is read slowly, and it waits for that: else it may be through before its first checkpoint is due.
        time.sleep(0.003)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    saved = xgb.Booster(model_file=folder / "validation.ubj").num_boosted_rounds()
    assert 0 < saved < 1500

    output, errors = container.start(FLAGS, variables).communicate()
    assert "Going on from the checkpoint validation.ubj\n" in output, errors
    assert rounds_of(output) == list(range(saved, 1500))
    assert container.read_json("output/data/metrics.json") == metrics
    assert (container.base / "model/model.ubj").read_bytes() == undisturbed


def a_fit(**options: Any) -> script.Fit:
    schema = Schema("y", "regression", (), tuple(Feature(f"x{number}", "number") for number in range(3)))
    flags = [f"--{name}={value}" for name, value in {"target": "y", "eta": 0.5, **WHOLE, **options}.items()]
    return script.Fit(schema, script.arguments().parse_args(flags), Group(0, 1))


def some_rows(seed: int = 0, number: int = 200) -> Part:
    random = np.random.default_rng(seed)
    features = random.normal(size=(number, 3)).astype(np.float32)
    rows = KeptRows(3)
    rows.add(features, features[:, 0] + random.normal(size=number))
    return Part(rows, np.ones(number, dtype=bool))


NONE = some_rows(number=0)


def cut_off(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """The process ends before the line of this round."""

    def report_or_end(number: int, *more: Any) -> None:
        if number == after:
            raise KeyboardInterrupt
        training_script.report(number, *more)

    monkeypatch.setattr(script, "report", report_or_end)


@pytest.mark.usefixtures("folder", "often")
@pytest.mark.parametrize("end", [1, 5, 8])
def test_early_stopping_counts_over_an_interruption(monkeypatch: pytest.MonkeyPatch, end: int) -> None:
    fit = a_fit(early_stopping_rounds=5, num_round=100, eta=0.1)
    rows, held_out = some_rows(1), some_rows(2)
    with monkeypatch.context() as undisturbed:
        undisturbed.setenv("TRAINDROP_CHECKPOINT_DIR", "nowhere")
        expected, expected_history = fit.measured(rows, held_out)
    rounds = len(expected_history["validation"]["rmse"])
    assert rounds - 1 - expected_history["best_iteration"] == 5
    assert end < rounds < 100
    with monkeypatch.context() as interrupted:
        cut_off(interrupted, end)
        with pytest.raises(KeyboardInterrupt):
            fit.measured(rows, held_out)
    booster, history = fit.measured(rows, held_out)
    assert history == expected_history
    assert booster.save_raw() == expected.save_raw()
    again, history = fit.measured(rows, held_out)  # it had come to its end: nothing is trained
    assert (again.save_raw(), history) == (booster.save_raw(), expected_history)


@pytest.mark.usefixtures("often")
def test_the_fit_on_all_rows_goes_on_as_well(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit, trained = a_fit(), list[int]()
    whole = fit.of_all(some_rows(), 20)
    (folder / "all-rows.ubj").unlink()
    after_iteration = script.Progress.after_iteration

    def count(progress: script.Progress, model: xgb.Booster, *more: Any) -> bool:
        stop = after_iteration(progress, model, *more)
        trained.append(model.num_boosted_rounds())
        if trained == list(range(1, 8)):
            raise KeyboardInterrupt
        return stop

    monkeypatch.setattr(script.Progress, "after_iteration", count)
    with pytest.raises(KeyboardInterrupt):
        fit.of_all(some_rows(), 20)
    assert fit.of_all(some_rows(), 20).save_raw() == whole.save_raw()
    assert trained == list(range(1, 21))


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("change", ["settings", "data", "damage"])
def test_a_checkpoint_of_something_else_is_not_gone_on_from(
    folder: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    a_fit(num_round=5).measured(some_rows(), NONE)
    if change == "damage":
        (folder / "validation.ubj").write_bytes(b"{")
    rows = some_rows(3 if change == "data" else 0)
    capsys.readouterr()
    booster, history = a_fit(num_round=5, max_depth=3 if change == "settings" else 5).measured(rows, NONE)
    assert booster.num_boosted_rounds() == len(history["train"]["rmse"]) == 5
    output = capsys.readouterr().out
    assert output.startswith("The checkpoint validation.ubj is of other data or settings, or damaged, and not used\n")
    assert rounds_of(output) == list(range(5))


def test_without_a_checkpoint_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINDROP_CHECKPOINT_DIR", str(tmp_path / "none"))
    a_fit(num_round=2).measured(some_rows(), NONE)
    assert list(tmp_path.iterdir()) == []
