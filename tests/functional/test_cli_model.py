"""`traindrop model`: unpacked into a new folder, never over anything, and refused with the reason."""

import json
from pathlib import Path

import pytest
from tests.builders import a_run, stored
from tests.functional.conftest import BUCKET, TABLE, Account

from traindrop.bundle import pack
from traindrop.clock import now
from traindrop.run import Run, Status
from traindrop.verdict import first
from traindrop_cli.commands import model
from traindrop_cli.commands.model import run_model
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import Stack

NAME = a_run().run
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The working directory, an empty one."""
    del account
    monkeypatch.setattr(model, "find_stack", lambda _: Stack("traindrop", BUCKET, TABLE, None))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def archive(files: dict[str, bytes]) -> bytes:
    return pack(files).body


def trained(account: Account, files: dict[str, bytes] | None = None, **more: object) -> Run:
    ended: dict[str, object] = {"status": Status.EVALUATED, "training_ended_at": now(), "bucket": BUCKET}
    run = stored(account.ledger, a_run(**{**ended, **more}))
    if files is not None:
        account.put(run.model_key, archive(files))
    return run


def test_it_is_unpacked_into_a_folder_of_its_own(account: Account, here: Path, capsys: Capture) -> None:
    trained(account, {"model.ubj": b"{}", "more/notes.txt": b"hello"})
    run_model(NAME, None, None, json=False, stack=None)
    assert (here / f"{NAME}-model" / "more" / "notes.txt").read_bytes() == b"hello"
    assert [path.name for path in here.iterdir()] == [f"{NAME}-model"]
    assert capsys.readouterr().out.splitlines()[1:] == ["  model.ubj", "  more/notes.txt"]


def test_as_json_it_has_stable_fields(account: Account, here: Path, capsys: Capture) -> None:
    trained(account, {"model.joblib": b"\x80\x04K\x01."}, framework="sklearn")
    run_model(NAME, None, here / "deep" / "mine", json=True, stack=None)
    assert json.loads(capsys.readouterr().out) == {
        "run": NAME,
        "dataset": "flowers",
        "framework": "sklearn",
        "model": f"s3://{BUCKET}/runs/{NAME}/output/model.tar.gz",
        "folder": str(here / "deep" / "mine"),
        "files": ["model.joblib"],
        "pickles": ["model.joblib"],
    }


def test_a_pickle_is_written_and_warned_of(account: Account, capsys: Capture) -> None:
    trained(account, {"model.bin": b"\x80\x04K\x01."})
    run_model(NAME, None, None, json=False, stack=None)
    assert "model.bin: reading a pickle runs whatever code it holds" in capsys.readouterr().out


def test_of_a_dataset_it_is_the_champions(account: Account, here: Path) -> None:
    run = trained(account, {"model.ubj": b"the best"}, status=Status.COMPLETED)
    assert account.ledger.decide(run, first("flowers", "auc", 0.9, 20, None), "sha256:0", over=None)
    run_model(None, "flowers", None, json=False, stack=None)
    assert (here / f"{NAME}-model" / "model.ubj").read_bytes() == b"the best"


def test_of_the_images_own_algorithm_it_comes_with_how_a_file_is_read_for_it(account: Account, here: Path) -> None:
    run = trained(account, {"xgboost-model": b"binf"}, framework="builtin-xgboost")
    account.put(run.preparation_key, b"{}")
    run_model(NAME, None, None, json=False, stack=None)
    assert (here / f"{NAME}-model" / "preparation.json").read_bytes() == b"{}"


@pytest.mark.parametrize("there", ["file", "folder", "dangling link"])
def test_nothing_is_overwritten(account: Account, here: Path, there: str) -> None:
    trained(account, {"model.ubj": b"{}"})
    path = here / f"{NAME}-model"
    if there == "file":
        path.touch()
    elif there == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    with pytest.raises(CommandError, match=r"is there already, and is not overwritten.*--output"):
        run_model(NAME, None, None, json=False, stack=None)
    assert list(here.iterdir()) == [path]


def test_an_archive_that_leads_out_of_its_folder_is_refused_and_leaves_nothing(account: Account, here: Path) -> None:
    trained(account, {"model.ubj": b"{}", "../../evil": b"x"})
    with pytest.raises(CommandError, match=r"model.tar.gz: '../../evil' is refused"):
        run_model(NAME, None, here / "inner" / "mine", json=False, stack=None)
    assert [path.name for path in here.rglob("*")] == ["inner"]


def test_who_left_no_model_is_named_with_what_to_do(account: Account) -> None:
    trained(account, status=Status.FAILED)
    with pytest.raises(CommandError, match=f"{NAME} is Failed, and left no model"):
        run_model(NAME, None, None, json=False, stack=None)


def test_a_deleted_model_is_named_with_a_way_to_another(account: Account, here: Path) -> None:
    trained(account)
    with pytest.raises(CommandError, match=f"model.tar.gz is not there.*traindrop rerun {NAME}"):
        run_model(NAME, None, None, json=False, stack=None)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "dataset", "says"),
    [
        (None, None, "Name a run, or a dataset"),
        (None, "flowers", "The dataset flowers has no champion"),
        (NAME, "trees", f"{NAME} is a run of the dataset flowers, not of trees"),
        ("none", None, "There is no run none"),
    ],
)
def test_which_model_is_meant_has_to_be_clear(
    account: Account, name: str | None, dataset: str | None, says: str
) -> None:
    trained(account, {"model.ubj": b"{}"})
    with pytest.raises(CommandError, match=says):
        run_model(name, dataset, None, json=False, stack=None)
