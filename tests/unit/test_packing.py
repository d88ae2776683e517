"""Model and output of one or several instances, packed into archives."""

import os
import tarfile
from pathlib import Path

import pytest

from traindrop.packing import VolumeFull, pack
from traindrop.script_mode import Folders


def an_instance(root: Path, **files: str) -> Folders:
    """An instance that left these files in its model folder; `sub__name` lies in a folder."""
    folders = Folders(root)
    folders.model.mkdir(parents=True)
    folders.output_data.mkdir(parents=True)
    for name, text in files.items():
        path = folders.model / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folders


def contents(archive: Path | None) -> dict[str, str]:
    assert archive is not None
    with tarfile.open(archive) as tar:
        files = [(member.name, tar.extractfile(member)) for member in tar]
        return {name: file.read().decode() if file else "a folder" for name, file in files}


def test_what_a_script_leaves_is_packed_with_paths_relative_to_its_folder(tmp_path: Path) -> None:
    artifacts = pack([an_instance(tmp_path / "algo-1", sub__model="m")], tmp_path)
    assert contents(artifacts.model) == {"sub": "a folder", "sub/model": "m"}
    assert artifacts.output is None


def test_what_several_instances_leave_is_one_archive_and_the_first_wins_a_name(tmp_path: Path) -> None:
    first = an_instance(tmp_path / "algo-1", model="of the first", sub__one="1")
    second = an_instance(tmp_path / "algo-2", model="of the second", sub__two="2")
    (second.output_data / "metrics").write_text("m")
    artifacts = pack([first, second], tmp_path)
    expected = {"model": "of the first", "sub": "a folder", "sub/one": "1", "sub/two": "2"}
    assert contents(artifacts.model) == expected
    assert contents(artifacts.output) == {"metrics": "m"}


def test_more_than_the_volume_holds_is_not_packed(tmp_path: Path) -> None:
    folders = an_instance(tmp_path / "algo-1", model="m")
    with (folders.output_data / "zeros").open("wb") as file:
        os.truncate(file.fileno(), 3 * 2**30)  # sparse: it takes no room on this disk
    with pytest.raises(VolumeFull, match="3,221,225,473 bytes in model and output, on a volume of 1,073,741,824"):
        pack([folders], tmp_path, 2**30)
    assert not (tmp_path / "model.tar.gz").exists()
