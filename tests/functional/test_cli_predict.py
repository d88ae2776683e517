"""`traindrop predict`: the rows of a file by a model that was trained here for real, and what it refuses."""

import csv
import json
import tarfile
import tracemalloc
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import xgboost
from tests.builders import a_run, stored
from tests.functional.conftest import BUCKET, TABLE, Account
from tests.unit.test_evaluation import predict, some_rows, train, write_csv

from traindrop import headerless
from traindrop.clock import now
from traindrop.dataset import Feature, Schema
from traindrop.evaluation import BUILTIN_MODEL
from traindrop.preparation import Preparation
from traindrop.run import Run, Status
from traindrop.verdict import first
from traindrop_cli.commands import predict as command
from traindrop_cli.commands.predict import run_predict
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import Stack

NAME = a_run().run
ROWS = 50


@pytest.fixture(autouse=True)
def here(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The working directory, with nothing but new.csv: rows without the target."""
    del account
    monkeypatch.setattr(command, "find_stack", lambda _: Stack("traindrop", BUCKET, TABLE, None))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_csv(folder / "new.csv", [row[:2] for row in some_rows("binary", ROWS, seed=3)], ["length", "colour"])
    return folder


def trained(account: Account, folder: Path, task: str = "binary", **more: object) -> tuple[Run, Schema]:
    """A run whose model.tar.gz lies in the bucket; what it holds is in `folder` too."""
    schema = train(folder, task)
    return put(account, folder, **more), schema


def put(account: Account, folder: Path, **more: object) -> Run:
    ended = {"status": Status.COMPLETED, "training_ended_at": now(), "bucket": BUCKET}
    run = stored(account.ledger, a_run(**{**ended, **more}))
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path in folder.iterdir():
            tar.add(path, path.name)
    account.put(run.model_key, packed.getvalue())
    return run


def call(csv_file: Path, output: Path = Path("predictions.csv"), *, run: str | None = NAME, json: bool = False) -> None:
    run_predict(csv_file, output, dataset=None if run else "flowers", run=run, json=json, stack=None)


def written(path: Path = Path("predictions.csv")) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@pytest.mark.parametrize(
    ("task", "columns"),
    [
        ("binary", ["probability_no", "probability_yes"]),
        ("multiclass", ["probability_a", "probability_b", "probability_c"]),
        ("regression", ["prediction"]),
    ],
)
def test_each_row_gets_what_the_model_itself_says(
    account: Account, here: Path, tmp_path: Path, task: str, columns: list[str]
) -> None:
    _, schema = trained(account, tmp_path / "model", task)
    call(here / "new.csv")
    header, *rows = written()
    assert header == ["row", *columns]
    assert [row[0] for row in rows] == [str(number) for number in range(ROWS)]
    expected = predict(tmp_path / "model", here / "new.csv", schema)
    # Of two classes it is the second's.
    found = [[float(cell) for cell in row[2 if task == "binary" else 1 :]] for row in rows]
    assert found == [pytest.approx(row) for row in expected.reshape(ROWS, -1).tolist()]
    assert sorted(path.name for path in here.iterdir()) == ["new.csv", "predictions.csv"]


def test_the_target_in_the_file_changes_nothing(account: Account, here: Path, tmp_path: Path) -> None:
    trained(account, tmp_path / "model")
    labelled = write_csv(here / "labelled.csv", some_rows("binary", ROWS, seed=3))
    call(here / "new.csv")
    call(labelled, Path("others.csv"))
    assert written(Path("others.csv")) == written()


def test_the_champion_predicts_where_no_run_is_named(
    account: Account, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = trained(account, tmp_path / "model")
    assert account.ledger.decide(run, first("flowers", "auc", 0.9, 20, None), "sha256:0", over=None)
    call(here / "new.csv", run=None, json=True)
    assert json.loads(capsys.readouterr().out) == {
        "run": NAME,
        "dataset": "flowers",
        "task": "binary",
        "target": "label",
        "rows": ROWS,
        "predictions": "predictions.csv",
        "columns": ["row", "probability_no", "probability_yes"],
    }


def test_a_file_of_many_rows_takes_no_more_memory_than_one_of_few(
    account: Account, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(account, tmp_path / "model")
    monkeypatch.setattr("traindrop.predictions.usable_cores", lambda: 1)  # so many batches are read ahead, and one
    peaks: list[int] = []
    for rows in (40_000, 40_000, 160_000):  # the first one imports; all are more than what is read ahead
        (here / "many.csv").write_text("length,colour\n" + "1.5,red\n" * rows, "utf-8")
        tracemalloc.start()
        call(here / "many.csv", Path(f"{len(peaks)}.csv"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.3 * peaks[1]
    assert len(written(Path("2.csv"))) == 160_001


def test_nothing_is_overwritten(account: Account, here: Path, tmp_path: Path) -> None:
    trained(account, tmp_path / "model")
    (here / "predictions.csv").write_text("mine", "utf-8")
    with pytest.raises(CommandError, match=r"predictions\.csv is there already, and is not overwritten"):
        call(here / "new.csv")
    assert (here / "predictions.csv").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("length,hue\n1,red\n", "bad.csv: .*no column 'colour'"),
        ("length,colour\n", "bad.csv: the file has a header and no rows"),
        ("length,colour\n1,red\n1\n", "bad.csv: line 3"),
    ],
)
def test_a_file_that_does_not_fit_the_model_is_refused_and_leaves_nothing(
    account: Account, here: Path, tmp_path: Path, content: str, says: str
) -> None:
    trained(account, tmp_path / "model")
    (here / "bad.csv").write_text(content, "utf-8")
    with pytest.raises(CommandError, match=says):
        call(here / "bad.csv")
    assert sorted(path.name for path in here.iterdir()) == ["bad.csv", "new.csv"]


def test_of_another_kind_of_model_it_says_what_to_do_instead(account: Account, here: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.joblib").write_bytes(b"\x80\x04K\x01.")
    put(account, tmp_path / "model", framework="sklearn")
    with pytest.raises(CommandError, match=rf"framework sklearn\) is none that XGBoost reads.*traindrop model {NAME}"):
        call(here / "new.csv")


def test_a_broken_model_is_said_in_one_message(account: Account, here: Path, tmp_path: Path) -> None:
    train(tmp_path / "model", "binary")
    (tmp_path / "model" / "model.ubj").write_bytes(b"{no model")
    put(account, tmp_path / "model")
    with pytest.raises(CommandError, match=r"model\.ubj cannot be read as an XGBoost model"):
        call(here / "new.csv")


def test_a_file_or_a_folder_that_is_not_there_is_named(here: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv: there is no such file"):
        call(here / "none.csv")
    with pytest.raises(CommandError, match="there is no folder nowhere"):
        call(here / "new.csv", Path("nowhere/predictions.csv"))


PREPARED = [[n % 2, n / 50, (n * 7 % 11) / 11] for n in range(ROWS)]


@pytest.fixture
def prepared(account: Account, tmp_path: Path) -> xgboost.Booster:
    """A run of the image's own algorithm on a file that was label first, numbers only and without a header."""
    rows = np.array(PREPARED)
    model = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(rows[:, 1:], rows[:, 0]), 3)
    folder = tmp_path / "prepared"
    folder.mkdir()
    model.save_model(folder / "model.ubj")
    (folder / "model.ubj").rename(folder / BUILTIN_MODEL)
    run = put(account, folder, framework="builtin-xgboost")
    schema = Schema(headerless.TARGET, "binary", ("0", "1"), (Feature("f0", "number"), Feature("f1", "number")))
    account.put(run.preparation_key, json.dumps(Preparation(schema, headerless=True).to_json()).encode())
    return model


@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_prepared_file_is_predicted_with_the_label_in_front_and_without(
    here: Path, prepared: xgboost.Booster, start: str, first: int
) -> None:
    lines = [",".join(map(str, row[first:])) for row in PREPARED]
    (here / "prepared.csv").write_text(start + "\n".join(lines) + "\n", "utf-8")
    call(here / "prepared.csv")
    header, *rows = written()
    assert header == ["row", "probability_0", "probability_1"]
    expected = prepared.inplace_predict(np.array(PREPARED)[:, 1:])
    assert [float(row[2]) for row in rows] == pytest.approx(expected, abs=1e-6)


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("1,0.5,0.5,0.5\n", "line 1 has 4 cells where 3 are expected"),
        ("0.5,0.5\n1,0.5,0.5\n", "line 2 has 4 cells where 3 are expected"),
        ("length,colour\n1.5,2\n", "'length', which is no number"),
        ("", "no rows"),
    ],
)
def test_a_file_that_is_not_prepared_is_refused_with_the_line(here: Path, content: str, says: str) -> None:
    (here / "other.csv").write_text(content, "utf-8")
    with pytest.raises(CommandError, match=says):
        call(here / "other.csv")
    assert not Path("predictions.csv").exists()
