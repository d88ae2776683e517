"""The source bundle that goes with a training job."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from traindrop.bundle import SHARED, bundle_of_ours

SCRIPTS = Path(__file__).parents[2] / "training_scripts" / "xgboost"


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(bundle_of_ours(SCRIPTS).body)) as tar:
        tar.extractall(tmp_path, filter="data")
    return tmp_path


def test_the_bundle_holds_the_script_and_every_module_of_the_reader_and_nothing_else(unpacked: Path) -> None:
    found = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert found == {"train.py"} | {f"traindrop/{name}" for name in SHARED}
    assert (unpacked / "train.py").read_bytes() == (SCRIPTS / "train.py").read_bytes()


def test_the_reader_can_be_imported_where_there_is_nothing_but_the_bundle_and_the_standard_library(
    unpacked: Path,
) -> None:
    # -I and -S: no environment variables, no site-packages, where another traindrop is installed.
    program = f"import sys; sys.path.insert(0, {str(unpacked)!r}); import traindrop.dataset; print(traindrop.__file__)"
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(unpacked / "traindrop" / "__init__.py")


def test_the_same_sources_give_the_same_bytes_whatever_their_times_and_caches(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "train.py").write_text("print('trained')\n")
    os.utime(second / "train.py", (1, 1))
    (second / "train.py").chmod(0o700)
    (second / "__pycache__").mkdir()
    (second / "__pycache__" / "train.pyc").write_bytes(b"\0")
    assert bundle_of_ours(first) == bundle_of_ours(second)


def test_a_changed_script_gets_a_key_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("one\n")
    before = bundle_of_ours(tmp_path)
    (tmp_path / "train.py").write_text("two\n")
    after = bundle_of_ours(tmp_path)
    assert before.key != after.key
    assert after.key == f"code/{after.digest}/sourcedir.tar.gz"
