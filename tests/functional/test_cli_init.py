"""`traindrop init`: a training.yaml that the launcher takes, with the target guessed, named or asked for."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from tests.builders import CSV

from traindrop.config import parse_config
from traindrop_cli.commands.init import run_init
from traindrop_cli.errors import CommandError

Capture = pytest.CaptureFixture[str]
LABELLED = CSV.replace(b"species", b"Label", 1)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with flowers.csv: length, width, species."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flowers.csv").write_bytes(CSV)
    return tmp_path


def target(config: Path) -> str | None:
    return parse_config(config.read_bytes(), file="training.yaml").target


def test_beside_a_csv_it_writes_a_config_that_says_what_was_seen(here: Path, capsys: Capture) -> None:
    run_init(Path("flowers.csv"), None, "species", json=False)
    text = (here / "training.yaml").read_text("utf-8")
    assert target(here / "training.yaml") == "species"
    assert "# Guessed from flowers.csv: 60 rows, 3 columns." in text
    assert "# Column to predict; binary." in text
    assert "#   length   number" in text
    assert "rose" not in text
    assert "traindrop drop flowers.csv --dataset flowers --config training.yaml --wait" in capsys.readouterr().out
    assert sorted(path.name for path in here.iterdir()) == ["flowers.csv", "training.yaml"]


def test_what_is_commented_out_is_taken_too_where_the_hash_is_taken_away(here: Path) -> None:
    run_init(Path("flowers.csv"), None, "species", json=False)
    lines = (here / "training.yaml").read_text("utf-8").splitlines()
    fields = [line.removeprefix("# ") for line in lines if line.startswith("# ") and ":  " not in line and ": " in line]
    offered = [line for line in fields if line.partition(":")[0] in {"task", "framework", "drop", "hyperparameters",
               "metric", "validation_fraction", "instance_type", "max_runtime", "max_cost_usd"}]  # fmt: skip
    assert len(offered) == 9
    parse_config("\n".join(["target: species", *offered]).encode(), file="training.yaml")


def test_the_tuning_that_is_commented_out_is_taken_too(here: Path) -> None:
    run_init(Path("flowers.csv"), None, "species", json=False)
    _, head, rest = (here / "training.yaml").read_text("utf-8").partition("# tuning:")
    section = [line.removeprefix("# ") for line in (head + rest).splitlines()]
    found = parse_config("\n".join(["target: species", *section]).encode(), file="training.yaml").tuning
    assert found is not None
    assert set(found.ranges) == {"max_depth", "eta", "subsample"}


def test_a_column_that_is_called_like_a_target_is_it(here: Path, capsys: Capture) -> None:
    (here / "flowers.csv").write_bytes(LABELLED)
    run_init(here / "flowers.csv", "roses", None, json=True)
    assert json.loads(capsys.readouterr().out) == {
        "dataset": "roses",
        "config": str(here / "training.yaml"),
        "file": str(here / "flowers.csv"),
        "target": "Label",
        "task": "binary",
        "rows": 60,
        "columns": ["length", "width", "Label"],
    }


def test_a_folder_becomes_a_datasets_with_the_target_left_open(here: Path, capsys: Capture) -> None:
    run_init(Path("sets/titanic"), None, None, json=False)
    assert sorted(path.relative_to(here).as_posix() for path in (here / "sets").rglob("*")) == [
        "sets/titanic",
        "sets/titanic/test",
        "sets/titanic/train",
        "sets/titanic/training.yaml",
    ]
    assert target(here / "sets/titanic/training.yaml") is None
    assert "Put a CSV into sets/titanic/train" in capsys.readouterr().out


def test_of_a_folder_with_files_the_one_to_train_on_is_looked_at(here: Path, capsys: Capture) -> None:
    for folder in ("train", "test"):
        (here / "set" / folder).mkdir(parents=True)
        (here / "set" / folder / f"{folder}.csv").write_bytes(LABELLED)
    run_init(Path("set"), "my roses", None, json=False)
    assert target(here / "set/training.yaml") == "Label"
    assert (
        "traindrop drop set/train/train.csv --dataset 'my roses' --config set/training.yaml --test set/test/test.csv"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("name", ["no", "Größe (m²)", "a: b # c", "'quoted'", "1", "x" * 300])
def test_any_name_of_a_column_is_read_back_as_it_is(here: Path, name: str) -> None:
    (here / "odd.csv").write_bytes(CSV.replace(b"species", name.encode(), 1))
    run_init(Path("odd.csv"), None, name, json=False)
    assert target(here / "training.yaml") == name


def test_a_name_cannot_break_out_of_its_comment(here: Path) -> None:
    (here / "odd.csv").write_bytes(CSV.replace(b"width", b'"w\ntask: regression"', 1))
    run_init(Path("odd.csv"), None, "species", json=False)
    config = parse_config((here / "training.yaml").read_bytes(), file="training.yaml")
    assert (config.target, config.task) == ("species", "auto")


def test_a_config_that_is_there_is_not_overwritten(here: Path) -> None:
    (here / "training.yaml").write_text("target: width\n", "utf-8")
    with pytest.raises(CommandError, match=r"training\.yaml is there already, and is not overwritten"):
        run_init(Path("flowers.csv"), None, "species", json=False)
    assert target(here / "training.yaml") == "width"


@pytest.mark.parametrize(
    ("path", "dataset", "column", "says"),
    [
        ("none.csv", None, None, "none.csv: there is no such file"),
        ("flowers.csv", None, None, "Which column.*--target.*length, width, species"),
        ("flowers.csv", None, "specie", "no column 'specie'. Did you mean 'species'"),
        ("flowers.csv", "-x", "species", "'-x' is no name for a dataset.*--dataset"),
        ("text.csv", None, "species", "text.csv: "),
    ],
)
def test_a_wrong_call_is_refused_and_nothing_is_written(
    here: Path, path: str, dataset: str | None, column: str | None, says: str
) -> None:
    (here / "text.csv").write_bytes(b"")
    with pytest.raises(CommandError, match=says):
        run_init(Path(path), dataset, column, json=False)
    assert sorted(found.name for found in here.iterdir()) == ["flowers.csv", "text.csv"]


def test_at_a_terminal_it_asks_until_a_column_is_named(here: Path) -> None:
    ours, theirs = pty.openpty()
    program = str(Path(sys.executable).with_name("traindrop"))
    asking = subprocess.Popen(  # noqa: S603 - our own script
        [program, "init", "flowers.csv"], cwd=here, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, b"colour\nwidth\n")
    assert asking.wait(60) == 0
    assert target(here / "training.yaml") == "width"
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "length, width, species" in shown
    assert "There is no column 'colour'" in shown
