"""The rows of a training file, kept once, in memory or in a scratch file."""

import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from traindrop import kept_rows
from traindrop.kept_rows import Array, KeptRows, Part

Usage = namedtuple("Usage", "free")


@pytest.fixture(params=["in memory", "in a scratch file", "in both"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a scratch file is made, if one is."""
    monkeypatch.setenv("SM_MODEL_DIR", str(tmp_path))
    monkeypatch.setattr(kept_rows, "BLOCK_BYTES", 700)  # some rows
    if request.param != "in memory":
        monkeypatch.setattr(kept_rows, "HELD_BYTES", {"in a scratch file": 0, "in both": 5000}[request.param])
    return tmp_path


def values(number: int, width: int = 5, seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(number, width)).astype(np.float32)


def kept(features: Array, batch: int = 37) -> KeptRows:
    """Labels are the rows' numbers."""
    rows = KeptRows(features.shape[1])
    for start in range(0, len(features), batch):
        some = features[start : start + batch].copy()
        rows.add(some, np.arange(start, start + len(some), dtype=np.float64))
    return rows


def content(part: Part) -> tuple[Array, Array]:
    features, labels = zip(*((features.copy(), labels) for features, labels in part.blocks()), strict=True)
    return np.concatenate(features), np.concatenate(labels)


def whole(rows: KeptRows) -> Part:
    return Part(rows, np.ones(len(rows.labels), dtype=bool))


@pytest.mark.usefixtures("folder")
def test_rows_come_back_as_they_were_given_as_often_as_wanted() -> None:
    features = values(1000)
    part = whole(kept(features))
    for _ in range(2):
        found, labels = content(part)
        assert found.tobytes() == features.tobytes()
        assert labels.tolist() == list(range(1000))


@pytest.mark.usefixtures("folder")
def test_of_a_part_only_its_rows_come() -> None:
    features, chosen = values(1000), np.arange(1000) % 7 == 3
    chosen[300:600] = False
    part = Part(kept(features), chosen)
    assert content(part)[0].tobytes() == features[chosen].tobytes()
    assert part.labels.tolist() == content(part)[1].tolist() == np.flatnonzero(chosen).tolist()
    assert part.shape == (int(chosen.sum()), 5)
    shares = [content(part.every(3, first))[1].tolist() for first in range(3)]
    assert shares == [np.flatnonzero(chosen)[first::3].tolist() for first in range(3)]


@pytest.mark.usefixtures("folder")
def test_what_is_changed_stays_changed() -> None:
    features = values(1000)
    rows = kept(features)

    def negate(block: Array) -> None:
        block *= -1

    rows.change(negate)
    assert content(whole(rows))[0].tobytes() == (-features).tobytes()


@pytest.mark.usefixtures("folder")
def test_a_sample_is_of_the_rows_of_the_part_and_the_same_for_the_same_seed() -> None:
    features = values(1000)
    part = Part(kept(features), np.arange(1000) % 2 == 0)
    found, labels = content(part.sample(100, seed=1))
    assert len(set(labels.tolist())) == 100
    assert all(label % 2 == 0 for label in labels)
    assert found.tobytes() == features[labels.astype(int)].tobytes()
    assert content(part.sample(100, seed=1))[1].tolist() == labels.tolist()
    assert content(part.sample(100, seed=2))[1].tolist() != labels.tolist()
    assert part.sample(500, seed=1) is part


def test_the_scratch_file_has_no_name_and_cells_that_nobody_may_write_to_are_kept_all_the_same(folder: Path) -> None:
    features = values(1000)
    features.flags.writeable = False
    rows = KeptRows(5)
    rows.add(features, np.arange(1000.0))
    rows.change(lambda block: block.fill(1))
    assert set(content(whole(rows))[0].ravel().tolist()) == {1.0}
    assert features[0, 0] != 1
    assert list(folder.iterdir()) == []


def test_rows_for_which_the_disk_has_no_room_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_rows, "HELD_BYTES", 0)
    room = iter([10**12, 10**12, *[kept_rows.DISK_RESERVE] * 100])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(next(room)))
    features = values(1000)
    rows = kept(features, batch=100)
    assert rows._written == 200
    assert content(whole(rows))[0].tobytes() == features.tobytes()
