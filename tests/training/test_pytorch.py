"""The training script of framework pytorch alone, run for real under the container contract, in one process.

Mostly in this one: importing torch takes longer than a fit.
"""

import importlib
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn import datasets
from tests.training.container import ROOT, Container, assert_last_is_kept, bundled, mixed_rows
from tests.training.linear_model import SETS, assert_as_good

from traindrop.dataset import Schema, read
from traindrop.hyperparameters.pytorch import PyTorchHyperparameters
from traindrop.training_script import load, measured

torch = pytest.importorskip("torch", reason="PyTorch is not installed; make pytorch installs it")
script = importlib.import_module("training_scripts.pytorch.train")
network = importlib.import_module("network")

# What the launcher sets from other fields of training.yaml.
OTHERS = {"help", "train", "test", "target", "task", "drop", "validation_fraction", "seed", "distribution"}
EPOCH_LINE = re.compile(r"\[(\d+)\]\ttrain-\w+:[0-9.e+-]+\t.*validation-\w+:[0-9.e+-]+")


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, "pytorch")


@pytest.fixture(autouse=True)
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where they would be; there are none until it is made."""
    monkeypatch.delenv("SM_HOSTS", raising=False)
    monkeypatch.setenv("TRAINDROP_CHECKPOINT_DIR", str(tmp_path / "checkpoints"))
    return tmp_path / "checkpoints"


def fit(container: Container, monkeypatch: pytest.MonkeyPatch, **flags: object) -> None:
    """Run the script's main function in this process."""
    for name, value in container.environment().items():
        monkeypatch.setenv(name, value)
    parts = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    monkeypatch.setattr(sys, "argv", ["train.py", *parts])
    script.main()


@pytest.mark.parametrize("name", SETS)
def test_it_is_as_good_as_a_linear_model_on_the_same_test_rows(
    container: Container, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    line = assert_as_good(container, name, 3, partial(fit, container, monkeypatch))
    with capsys.disabled():
        print(line)


def test_strings_dates_and_missing_values_all_count(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    container.put("train", "mixed.csv", mixed_rows(600, 1))
    test = mixed_rows(1000, 2)
    container.put("test", "held out.csv", test)
    fit(container, monkeypatch, target="Outcome")
    predicted = [container.schema.classes[n] for n in container.predictions().argmax(axis=1)]
    # Without any one of the columns it would be 0.82 at the most, as with scikit-learn's estimators.
    assert np.mean([found == row[-1] for found, row in zip(predicted, test[1:], strict=True)]) > 0.84


def rebuilt(container: Container) -> Any:
    """The network, from what lies in the model folder."""
    found = network.Network(**container.read_json("model/architecture.json"))
    found.load_state_dict(torch.load(container.base / "model/model.pt", weights_only=True))
    return found


def test_the_saved_model_is_loaded_without_a_pickle_and_predicts_as_the_script_did(container: Container) -> None:
    container.put("train", "mixed.csv", mixed_rows(100, 1))
    test = container.put("test", "test.csv", mixed_rows(50, 2))
    lines = container.trained(target="Outcome", epochs=3, hidden=16).splitlines()
    (batch,) = read(test, container.schema)
    features = np.frombuffer(batch.features, np.float32).reshape(batch.rows, -1)
    model = rebuilt(container)
    with torch.no_grad():
        assert model.answers(model(torch.from_numpy(features.copy()))) == pytest.approx(container.predictions())
    files = sorted(path.name for path in (container.base / "model").iterdir())
    assert files == ["architecture.json", "dataset.json", "model.pt"]

    assert lines[0].startswith("Train size: (80, ")
    assert lines[1].startswith("Validation size: (20, ")
    assert [int(found[1]) for line in lines[2:5] if (found := EPOCH_LINE.fullmatch(line))] == [0, 1, 2]
    assert re.fullmatch(r"Training time: \d+\.\d\d seconds", lines[5])
    assert re.fullmatch(r"Trained again on all rows: \(100, \d\), \d+\.\d\d seconds", lines[6])
    assert lines[7] == f"Model saved to {container.base / 'model/model.pt'}"
    assert re.fullmatch(r"Total time: \d+\.\d\d seconds", lines[8])
    logged = [float(value) for value in re.findall(r"validation-auc:([0-9.eE+-]+)", "\n".join(lines))]
    assert container.read_json("output/data/metrics.json")["validation"]["auc"] == pytest.approx(logged, abs=1e-5)


@pytest.mark.parametrize("loader", [datasets.load_wine, datasets.load_diabetes])
def test_training_stops_early_and_the_weights_of_the_best_epoch_are_kept(
    container: Container, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], loader: Any
) -> None:
    bundled(container, loader)
    fit(container, monkeypatch, target="target", lr=0.02, patience=3, refit=False)
    metrics = container.read_json("output/data/metrics.json")
    assert_last_is_kept(capsys.readouterr().out, metrics)
    *_, losses = metrics["validation"].values()
    best = metrics["best_iteration"]
    assert losses[best] == min(losses)
    assert len(losses) == best + 4
    schema, features, target = loaded(container)
    _, validation = script.split(target, schema, 0.2, 42)
    answers = script.predict(rebuilt(container), features[validation], torch.device("cpu"))
    *_, loss = measured(target[validation], answers, schema.task).values()
    assert loss == pytest.approx(losses[best], rel=1e-5)


def loaded(container: Container) -> tuple[Schema, npt.NDArray[Any], npt.NDArray[Any]]:
    (file,) = (container.base / "input/data/train").iterdir()
    return container.schema, *load(file, container.schema)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.put("train", "mixed.csv", mixed_rows(100, 1))
    found = []
    for seed in (1, 1, 2):
        fit(container, monkeypatch, target="Outcome", epochs=3, seed=seed)
        found.append(rebuilt(container).state_dict())
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    assert not torch.equal(found[0]["enter.weight"], found[2]["enter.weight"])


def test_without_validation_every_row_trains_for_all_epochs(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.put("train", "mixed.csv", mixed_rows(50, 1))
    fit(container, monkeypatch, target="Outcome", epochs=30, patience=1, validation_fraction=0)
    metrics = container.read_json("output/data/metrics.json")
    assert "validation" not in metrics
    assert len(metrics["train"]["logloss"]) == 30
    assert metrics["best_iteration"] == 29


def test_wild_numbers_and_what_training_never_saw_still_give_probabilities(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    rows = [
        [n % 3, f"{random.normal():.4f}", "ab"[n % 2], int(random.random() < 0.3 + 0.4 * (n % 2))] for n in range(200)
    ]
    rows[7][1], rows[8][1] = "1e300", "-3e38"
    container.put("train", "train.csv", [["few", "number", "letter", "y"], *rows])
    container.put(
        "test", "test.csv", [["few", "number", "letter"], ["", "", ""], [1e38, -1e308, "c"], ["inf", "nan", "b"]]
    )
    fit(container, monkeypatch, target="y", epochs=10)
    predictions = container.predictions()
    assert np.isfinite(predictions).all()
    assert predictions.sum(axis=1) == pytest.approx(np.ones(3))
    assert max(container.read_json("output/data/metrics.json")["train"]["logloss"]) < 1


def test_steps_that_are_too_long_fail_with_what_to_change(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.put("train", "mixed.csv", mixed_rows(100, 1))
    with pytest.raises(SystemExit, match="Set less"):
        fit(container, monkeypatch, target="Outcome", epochs=5, lr=1e30)
    assert "steps of lr 1e+30 are too long" in (container.base / "output/failure").read_text("utf-8")


def test_the_script_says_what_installs_pytorch(container: Container, tmp_path: Path) -> None:
    container.put("train", "mixed.csv", mixed_rows(50, 1))
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\")")
    path = f"{tmp_path}:{ROOT / 'layers/core'}"
    process = container.start({"target": "Outcome"}, {"PYTHONPATH": path})
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "PyTorch is not installed here (No module named 'torch'). Install it with: make pytorch" in errors


def epochs_of(output: str) -> list[int]:
    """In the order of the log, without the one that is told once more because it is kept."""
    trained, _, _ = output.partition("The model is that of round")
    return [int(found[1]) for line in trained.splitlines() if (found := EPOCH_LINE.match(line))]


def test_a_job_that_is_killed_goes_on_where_it_was_and_ends_as_if_it_had_not_been(
    container: Container, monkeypatch: pytest.MonkeyPatch, checkpoints: Path, tmp_path: Path
) -> None:
    flags: dict[str, object] = {"target": "Outcome", "epochs": 30, "patience": 30, "hidden": 32, "batch_size": 4}
    for each in (container, Container(tmp_path / "whole", "pytorch")):
        each.put("train", "mixed.csv", mixed_rows(200, 1))
    fit(Container(tmp_path / "whole", "pytorch"), monkeypatch, **flags)

    checkpoints.mkdir()
    variables = {"TRAINDROP_CHECKPOINT_DIR": str(checkpoints)}
    first = container.start(flags, variables)
    assert first.stdout
    before = ""
    while "[4]" not in before:
        before += first.stdout.readline()
    first.kill()
    before += first.communicate()[0]
    assert 4 <= epochs_of(before)[-1] < 29
    second = container.start(flags, variables)
    after, errors = second.communicate()
    assert second.returncode == 0, errors
    # At the most the epoch that was printed and not yet saved is done twice.
    assert epochs_of(after)[0] in (epochs_of(before)[-1], epochs_of(before)[-1] + 1)
    assert epochs_of(after)[-1] == 29
    assert "Going on after epoch" in after

    whole = Container(tmp_path / "whole", "pytorch")
    assert container.read_json("output/data/metrics.json") == whole.read_json("output/data/metrics.json")
    weights, expected = rebuilt(container).state_dict(), rebuilt(whole).state_dict()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_a_checkpoint_of_other_settings_is_not_gone_on_from(
    container: Container, monkeypatch: pytest.MonkeyPatch, checkpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    container.put("train", "mixed.csv", mixed_rows(100, 1))
    checkpoints.mkdir()
    fit(container, monkeypatch, target="Outcome", epochs=2)
    capsys.readouterr()
    fit(container, monkeypatch, target="Outcome", epochs=3)
    output = capsys.readouterr().out
    assert "is of other data or settings: starting anew" in output
    assert epochs_of(output) == [0, 1, 2]
    fit(container, monkeypatch, target="Outcome", epochs=3)
    assert epochs_of(capsys.readouterr().out) == []  # it had been done


@pytest.mark.parametrize("flags", [["--epoch", "3"], ["--distribution", "none"], ["--hidden", "x"]])
def test_a_flag_that_the_script_does_not_know_or_cannot_read_is_an_error(flags: list[str]) -> None:
    with pytest.raises(SystemExit):
        script.arguments().parse_args(["--target", "y", *flags])


def test_the_table_names_the_flags_of_the_training_script_with_their_defaults() -> None:
    flags = {action.dest: action.default for action in script.arguments()._actions if action.dest not in OTHERS}
    assert {name: field.default for name, field in PyTorchHyperparameters.model_fields.items()} == flags
