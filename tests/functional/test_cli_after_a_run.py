"""What a person does with a run that has ended, on a local AWS: read its log, fetch its model, predict with it."""

import json
from pathlib import Path

import pytest
from tests.functional.test_cli_commands import Traindrop, files, up

__all__ = ["files", "up"]  # fixtures

pytestmark = pytest.mark.xdist_group("cli")


@pytest.mark.parametrize("framework", ["xgboost", "builtin-xgboost"])
def test_logs_model_and_predict_work_on_what_a_run_left(
    up: Traindrop, files: Path, tmp_path: Path, framework: str
) -> None:
    rows = (files / "flowers.csv").read_text("utf-8").splitlines()
    new = tmp_path / "new.csv"
    new.write_text("\n".join(row.rpartition(",")[0] for row in rows), "utf-8")
    config = tmp_path / "training.yaml"
    config.write_text(f"framework: {framework}\nhyperparameters: {{num_round: 5}}\n", "utf-8")
    dropped = up(
        "drop", files / "flowers.csv", "--dataset", framework, "--target", "species", "--test", new, "--config", config,
        "--json", "--keep", tmp_path / "kept",
    )  # fmt: skip
    assert dropped.returncode == 0, dropped.stderr
    run = json.loads(dropped.stdout)["run"]

    lines = up("logs", run, "-f")
    assert lines.returncode == 0, lines.stderr
    # A tab steers a terminal.
    assert lines.stdout == (tmp_path / "kept" / "training.log").read_text("utf-8").replace("\t", " ")

    fetched = json.loads(up("model", run, "--output", tmp_path / "model", "--json").stdout)
    assert {"model.ubj", "dataset.json"} <= set(fetched["files"]) or {"xgboost-model", "preparation.json"} <= set(
        fetched["files"]
    )
    again = up("model", run, "--output", tmp_path / "model")
    assert again.returncode == 3
    assert "Traceback" not in again.stderr

    predicted = up("predict", new, "--run", run, "--output", tmp_path / "mine.csv")
    assert predicted.returncode == 0, predicted.stderr
    # The evaluator predicted the same file, as it lacks the target.
    assert (tmp_path / "mine.csv").read_bytes() == (tmp_path / "kept" / "predictions.csv").read_bytes()
