"""The training script of framework tensorflow alone, run for real under the container contract, on one instance.

Mostly in this process: importing TensorFlow takes longer than a fit.
"""

import importlib
import re
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from tests.training.container import ROOT, Container, assert_last_is_kept, bundled, mixed_rows
from tests.training.linear_model import SETS, assert_as_good

from traindrop.dataset import read
from traindrop.hyperparameters.tensorflow import TensorFlowHyperparameters

# Keras 3.15 hands a variable of TensorFlow 2.21 to numpy as numpy 2 would rather not have it.
WARNING = "ignore:__array__ implementation:DeprecationWarning"
pytestmark = [
    pytest.mark.skipif(
        find_spec("tensorflow") is None, reason="TensorFlow is not installed; make tensorflow installs it"
    ),
    pytest.mark.filterwarnings(WARNING),
    pytest.mark.xdist_group("tensorflow"),  # one process imports it, not each
]
# What the launcher sets from other fields of training.yaml, and what the image adds where it is tuned.
OTHERS = {"model_dir", "help", "train", "test", "target", "task", "drop", "validation_fraction", "seed"}
EPOCH_LINE = re.compile(r"\[(\d+)\]\ttrain-\w+:[0-9.e+-]+\t.*validation-\w+:[0-9.e+-]+")

Fit = Callable[..., str]


@pytest.fixture(scope="module")
def script() -> Any:
    return importlib.import_module("training_scripts.tensorflow.train")


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, "tensorflow", ("error", WARNING))


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    """Where they would be; there are none until it is made."""
    return tmp_path / "checkpoints"


@pytest.fixture
def fit(
    script: Any,
    container: Container,
    checkpoints: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Fit:
    """Runs the script's main function in this process; its output."""

    def fitted(**flags: object) -> str:
        for name, value in (container.environment() | {"TRAINDROP_CHECKPOINT_DIR": str(checkpoints)}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("SM_HOSTS", raising=False)
        parts = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
        monkeypatch.setattr(sys, "argv", ["train.py", *parts])
        capsys.readouterr()
        script.main()
        return capsys.readouterr().out

    return fitted


@pytest.mark.parametrize("name", SETS)
def test_it_is_as_good_as_a_linear_model_on_the_same_test_rows(
    container: Container, fit: Fit, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    line = assert_as_good(container, name, 2, fit)
    with capsys.disabled():
        print(line)


def test_strings_dates_and_missing_values_all_count(container: Container, fit: Fit) -> None:
    container.put("train", "mixed.csv", mixed_rows(600, 1))
    test = mixed_rows(1000, 2)
    container.put("test", "held out.csv", test)
    fit(target="Outcome")
    predicted = [container.schema.classes[n] for n in container.predictions().argmax(axis=1)]
    # Without any one of the columns it would be 0.82 at the most, as with scikit-learn's estimators.
    assert np.mean([found == row[-1] for found, row in zip(predicted, test[1:], strict=True)]) > 0.84


def test_the_saved_model_needs_nothing_but_keras_and_predicts_from_features_as_the_script_did(
    container: Container, fit: Fit
) -> None:
    import keras

    container.put("train", "mixed.csv", mixed_rows(100, 1))
    test = container.put("test", "test.csv", mixed_rows(50, 2))
    lines = fit(target="Outcome", epochs=3, hidden=16).splitlines()
    model = keras.saving.load_model(container.base / "model/model.keras")
    (batch,) = read(test, container.schema)
    features = np.frombuffer(batch.features, np.float32).reshape(batch.rows, -1)
    assert np.asarray(model(features)) == pytest.approx(container.predictions(), abs=1e-6)
    assert sorted(path.name for path in (container.base / "model").iterdir()) == ["dataset.json", "model.keras"]

    assert lines[:2] == [f"Train size: (80, {features.shape[1]})", f"Validation size: (20, {features.shape[1]})"]
    assert epochs_of("\n".join(lines)) == [0, 1, 2]
    assert lines[-2] == f"Model saved to {container.base / 'model/model.keras'}"
    logged = [float(value) for value in re.findall(r"validation-auc:([0-9.eE+-]+)", "\n".join(lines))]
    assert container.read_json("output/data/metrics.json")["validation"]["auc"] == pytest.approx(logged, abs=1e-5)


def epochs_of(output: str) -> list[int]:
    """In the order of the log, without the one that is told once more because it is kept."""
    trained, _, _ = output.partition("The model is that of round")
    return [int(found[1]) for line in trained.splitlines() if (found := EPOCH_LINE.match(line))]


@pytest.mark.parametrize("loader", [datasets.load_wine, datasets.load_diabetes])
def test_training_stops_early_and_the_best_epoch_is_kept(container: Container, fit: Fit, loader: Any) -> None:
    bundled(container, loader)
    output = fit(target="target", lr=0.02, patience=3)
    metrics = container.read_json("output/data/metrics.json")
    *_, losses = metrics["validation"].values()
    assert losses[metrics["best_iteration"]] == min(losses)
    assert len(losses) == metrics["best_iteration"] + 4
    assert_last_is_kept(output, metrics)


def test_wild_numbers_and_what_training_never_saw_still_give_probabilities(container: Container, fit: Fit) -> None:
    random = np.random.default_rng(0)
    rows = [[f"{random.normal():.4f}", "ab"[n % 2], int(random.random() < 0.3 + 0.4 * (n % 2))] for n in range(200)]
    rows[7][0], rows[8][0] = "1e300", "-3e38"
    container.put("train", "train.csv", [["number", "letter", "y"], *rows])
    container.put("test", "test.csv", [["number", "letter"], ["", ""], [1e38, "c"], ["inf", "b"]])
    fit(target="y", epochs=5)
    predictions = container.predictions()
    assert np.isfinite(predictions).all()
    assert predictions.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-6)


def test_the_script_says_what_installs_tensorflow(container: Container, tmp_path: Path) -> None:
    container.put("train", "mixed.csv", mixed_rows(50, 1))
    (tmp_path / "keras.py").write_text("raise ModuleNotFoundError(\"No module named 'keras'\")")
    process = container.start({"target": "Outcome"}, {"PYTHONPATH": f"{tmp_path}:{ROOT / 'layers/core'}"})
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "TensorFlow is not installed here (No module named 'keras'). Install it with: make tensorflow" in errors


def test_a_job_that_is_killed_goes_on_where_it_was(container: Container, checkpoints: Path) -> None:
    container.put("train", "mixed.csv", mixed_rows(200, 1))
    checkpoints.mkdir()
    flags: dict[str, object] = {"target": "Outcome", "epochs": 150, "patience": 0, "hidden": 16, "batch_size": 8}
    variables = {"TRAINDROP_CHECKPOINT_DIR": str(checkpoints)}
    first = container.start(flags, variables)
    assert first.stdout
    before = ""
    while "[4]" not in before:
        before += first.stdout.readline()
    first.kill()
    before += first.communicate()[0]
    second = container.start(flags, variables)
    after, errors = second.communicate()
    assert second.returncode == 0, errors
    assert "Going on after epoch" in after
    # At the most the epoch that was printed and not yet saved is done twice.
    assert epochs_of(after)[0] in (epochs_of(before)[-1], epochs_of(before)[-1] + 1)
    assert epochs_of(after)[-1] == 149
    assert len(container.read_json("output/data/metrics.json")["train"]["logloss"]) == 150


def test_a_checkpoint_of_other_settings_is_not_gone_on_from(container: Container, fit: Fit, checkpoints: Path) -> None:
    container.put("train", "mixed.csv", mixed_rows(100, 1))
    checkpoints.mkdir()
    fit(target="Outcome", epochs=2)
    output = fit(target="Outcome", epochs=3)
    assert "it is of other data or settings): starting anew" in output
    assert epochs_of(output) == [0, 1, 2]
    assert epochs_of(fit(target="Outcome", epochs=3)) == []  # it had been done


def test_the_flag_that_the_image_adds_where_it_is_tuned_is_taken(script: Any) -> None:
    plain, tuned = ["--target", "y"], ["--target", "y", "--model_dir", "None/a-job-001-0123abcd/model"]
    found = [vars(script.arguments().parse_args(flags)) for flags in (plain, tuned)]
    assert found[1] == found[0] | {"model_dir": tuned[-1]}


def test_the_table_names_the_flags_of_the_training_script_with_their_defaults(script: Any) -> None:
    flags = {action.dest: action.default for action in script.arguments()._actions if action.dest not in OTHERS}
    assert {name: field.default for name, field in TensorFlowHyperparameters.model_fields.items()} == flags
