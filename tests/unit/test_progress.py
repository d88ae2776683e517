"""A training by epochs: when it ends, and what it goes on from."""

from pathlib import Path

import numpy as np
import pytest

from traindrop.progress import Checkpoint, Progress, unpacked


def after(losses: list[float]) -> Progress:
    progress = Progress()
    for number, loss in enumerate(losses):
        weights = [np.array([number])]
        progress.add({"train": {"logloss": 0.0}, "validation": {"error": 9.0, "logloss": loss}}, lambda w=weights: w)  # type: ignore[misc]
    return progress


def test_the_weights_of_the_epoch_with_the_least_loss_are_kept() -> None:
    progress = after([3.0, 1.0, 2.0, 1.0])
    assert (progress.best_epoch, progress.loss, progress.epochs) == (1, 1.0, 4)
    assert progress.best_weights[0].tolist() == [1]


@pytest.mark.parametrize(
    ("losses", "most", "patience", "goes_on"),
    [
        ([1.0, 2.0, 3.0], 10, 2, False),
        ([1.0, 2.0, 3.0], 10, 3, True),
        ([3.0, 2.0, 1.0], 3, 9, False),
        ([1.0] * 50, 100, 0, True),
        ([], 1, 1, True),
    ],
)
def test_training_ends_after_the_last_epoch_or_so_many_without_a_gain(
    losses: list[float], most: int, patience: int, goes_on: bool
) -> None:
    assert after(losses).goes_on(most, patience) is goes_on


def test_without_validation_nothing_is_watched() -> None:
    progress = Progress()
    progress.add({"train": {"logloss": 1.0}}, list)
    assert (progress.epochs, progress.best_weights, progress.goes_on(2, 1)) == (1, [], True)


def test_a_checkpoint_brings_back_progress_and_every_array(tmp_path: Path) -> None:
    progress, state = after([2.0, 1.0]), [np.arange(3.0), np.array(7)]
    checkpoint = Checkpoint(tmp_path / "training.npz", "mine")
    assert checkpoint.content() == b""
    checkpoint.save(progress, state)
    found, arrays = unpacked(checkpoint.content(), "mine")
    assert found == progress
    assert [array.tolist() for array in arrays] == [[0.0, 1.0, 2.0], 7]


@pytest.mark.parametrize(("belongs_to", "body"), [("another's", None), ("mine", b"no archive")])
def test_a_checkpoint_of_another_training_or_a_broken_one_is_left_alone_with_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], belongs_to: str, body: bytes | None
) -> None:
    path = tmp_path / "training.npz"
    Checkpoint(path, "mine").save(after([1.0]), [])
    if body is not None:
        path.write_bytes(body)
    assert Checkpoint(path, belongs_to).content() == b""
    assert "starting anew" in capsys.readouterr().out


def test_without_a_folder_for_checkpoints_nothing_is_written() -> None:
    checkpoint = Checkpoint(None, "mine")
    checkpoint.save(after([1.0]), [])
    assert checkpoint.content() == b""
