"""What the model of an earlier run says about a test file, its own or another one."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from tests.builders import CSV

from traindrop.errors import EvaluationFailed
from traindrop.evaluation import Rows, Subject, evaluate_archives, predict_archives

SUBJECT = Subject("run", "flowers", "s3://b/model.tar.gz", "held_out.csv", target="species", task="binary")


@pytest.fixture
def test_csv(tmp_path: Path) -> Path:
    path = tmp_path / "held_out.csv"
    path.write_bytes(CSV)
    return path


def archive(path: Path, members: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.fixture
def by_script(tmp_path: Path) -> tuple[Path, Path]:
    """model.tar.gz and output.tar.gz of a framework that is scored by its predictions."""
    lines = [f"{row},{1 - row / 60:.4f},{row / 60:.4f}" for row in range(60)]
    predictions = "\n".join(["row,probability_rose,probability_tulip", *lines, ""])
    return archive(tmp_path / "model.tar.gz", {"model.bin": "weights"}), archive(
        tmp_path / "output.tar.gz", {"predictions.csv": predictions}
    )


def test_predictions_stand_for_a_model_that_nobody_can_read_here(
    by_script: tuple[Path, Path], test_csv: Path, tmp_path: Path
) -> None:
    rows = predict_archives(*by_script, test_csv, tmp_path / "unpacked", subject=SUBJECT, own_file=True)
    assert rows.schema.classes == ("rose", "tulip")
    assert rows.predictions == pytest.approx(np.arange(60) / 60, abs=1e-4)


def test_for_another_test_file_predictions_say_nothing(
    by_script: tuple[Path, Path], test_csv: Path, tmp_path: Path
) -> None:
    with pytest.raises(EvaluationFailed, match="predictions for another test file"):
        predict_archives(*by_script, test_csv, tmp_path / "unpacked", subject=SUBJECT, own_file=False)


def test_the_rows_of_a_champion_are_those_of_its_own_evaluation(
    by_script: tuple[Path, Path], test_csv: Path, tmp_path: Path
) -> None:
    kept: list[Rows] = []
    evaluate_archives(*by_script, test_csv, tmp_path / "once", subject=SUBJECT, keep=kept.append)
    again = predict_archives(*by_script, test_csv, tmp_path / "again", subject=SUBJECT, own_file=True)
    assert kept[0].schema == again.schema
    assert np.array_equal(kept[0].truth, again.truth)
    assert np.array_equal(kept[0].predictions, again.predictions)
