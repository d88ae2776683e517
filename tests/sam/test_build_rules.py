"""What may be deployed, by size and by content; and that a layer cannot be built without its Python."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.sam.build_rules import LIMIT, Size, foreign, table, too_large, without_bytecode

MAKE = shutil.which("make") or ""


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("python/boto3/session.py", "the runtime has the SDK already"),
        ("python/botocore-1.43.106.dist-info/METADATA", "the runtime has the SDK already"),
        ("python/pip/__main__.py", "nothing is installed in Lambda"),
        ("python/setuptools-80.9.0.dist-info/METADATA", "nothing is installed in Lambda"),
        ("python/sqlalchemy/engine.py", "databases, which no search of ours has"),
        ("python/alembic-1.20.1.dist-info/METADATA", "databases, which no search of ours has"),
        ("python/scipy/stats/tests/test_fit.py", "tests and examples of a library"),
        ("python/numpy/random/_examples/numba/extending.py", "tests and examples of a library"),
        (".pytest_cache/README.md", "a cache of a tool"),
        ("__pycache__/app.cpython-311.pyc", "bytecode that Python 3.13 does not read"),
        ("python/numpy/__init__.pyi", "types, for a type checker alone"),
        ("python/pydantic/py.typed", "types, for a type checker alone"),
        ("python/numpy/_core/include/numpy/arrayobject.h", "for a compiler alone"),
        ("python/numpy-2.5.5.dist-info/RECORD", "a note of the installer"),
        ("python/requirements.in", "what a layer is made of, not what is in it"),
        ("requirements.excludes", "what a layer is made of, not what is in it"),
        ("python/traindrop.egg-info/PKG-INFO", "metadata of a checkout"),
    ],
)
def test_what_no_function_needs_is_found_with_the_reason(path: str, reason: str) -> None:
    assert foreign(["app.py", path]) == [f"{path}: {reason}"]


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "python/numpy/testing/__init__.py",
        "python/numpy/__pycache__/__init__.cpython-313.pyc",
        "python/numpy-2.5.5.dist-info/METADATA",
        "python/scipy-1.18.1.dist-info/LICENSE.txt",
        "python/xgboost/lib/libxgboost.so",
        "python/xgboost/VERSION",
        "pytorch/requirements.txt",
    ],
)
def test_what_runs_and_what_says_whose_it_is_may_stay(path: str) -> None:
    assert foreign([path]) == []


def test_a_module_of_a_layer_without_its_bytecode_is_found() -> None:
    compiled = ["python/a/b.py", "python/a/__pycache__/b.cpython-313.pyc", "python/c.py"]
    # A function is one short file, and training scripts run elsewhere.
    assert without_bytecode([*compiled, "app.py", "xgboost/train.py"]) == ["python/c.py: has no bytecode"]


def a_size(scoring: int) -> Size:
    return Size("Evaluator", 1024, {"CoreLayer": 20 * 1024**2, "ScoringLayer": scoring})


def test_a_function_with_its_layers_may_have_exactly_what_lambda_takes() -> None:
    rest = LIMIT - 1024 - 20 * 1024**2
    assert too_large([a_size(rest)]) == []
    assert too_large([a_size(rest + 1)]) == [
        "Evaluator: 262,144,001 bytes unzipped with its layers, and Lambda takes 262,144,000"
    ]


def test_the_table_shows_code_layers_total_and_share_of_the_limit() -> None:
    lines = [line.split() for line in table([a_size(105 * 1024**2)])]
    assert lines == [
        ["function", "layer", "MB", "of", "the", "limit"],
        ["Evaluator", "(code)", "0.00"],
        ["CoreLayer", "20.00"],
        ["ScoringLayer", "105.00"],
        ["total", "125.00", "50.0%"],
    ]


@pytest.mark.skipif(MAKE == "", reason="needs make")
def test_without_python_3_13_a_layer_is_not_built_and_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own
        [MAKE, "-f", ROOT / "layers/core/Makefile", "build-CoreLayer", "PYTHON313=", f"ARTIFACTS_DIR={tmp_path}"],
        cwd=ROOT / "layers/core", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "pyenv install 3.13" in done.stderr
    assert "PYTHON313=/path/to/python3.13" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_tuning_layer_has_what_the_search_imports_alone_in_the_versions_that_are_tested() -> None:
    """What optuna needs of numpy and PyYAML is in the layers beside it (tests/unit/test_suggesting.py)."""
    layer, tested = (locked(ROOT / name) for name in ("layers/tuning/requirements.txt", "requirements.lock"))
    assert set(layer) == {"optuna", "colorlog", "packaging", "tqdm"}
    assert layer.items() <= tested.items()
    assert "numpy" in locked(ROOT / "layers/scoring/requirements.txt")
    assert "pyyaml" in locked(ROOT / "layers/core/requirements.txt")


def locked(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", file.read_text("utf-8"), re.MULTILINE))
