"""A requirements.txt beside the script is installed for the job alone, before the script. Without a network."""

import importlib.util
import zipfile
from pathlib import Path
from typing import Any

import pytest

from traindrop.container import Outcome, prepare, run
from traindrop.process import Supervision

REQUEST = {
    "TrainingJobName": "a-job",
    "HyperParameters": {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://b/k"'},
}


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def a_wheel(folder: Path) -> Path:
    """A package `adder`, as small as one can be."""
    wheel = folder / "adder-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("adder.py", "def add(a, b):\n    return a + b\n")
        archive.writestr("adder-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: adder\nVersion: 1.0\n")
        archive.writestr("adder-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("adder-1.0.dist-info/RECORD", "")
    return wheel


def run_with(tmp_path: Path, requirements: str, script: str, **options: Any) -> tuple[Outcome, list[str]]:
    folders, lines = prepare(REQUEST, tmp_path / "ml"), list[str]()
    (folders.code / "requirements.txt").write_text(requirements)
    (folders.code / "train.py").write_text(script)
    return run(REQUEST, folders, Supervision(lines.append), **options), lines


def test_the_script_finds_what_its_requirements_name_and_nobody_else_does(tmp_path: Path) -> None:
    a_wheel(tmp_path)
    script = "import adder; print(adder.add(1, 2)); import of_the_caller"
    (tmp_path / "other").mkdir()
    (tmp_path / "other/of_the_caller.py").write_text("print('found too')")
    outcome, lines = run_with(
        tmp_path,
        "../../adder-1.0-py3-none-any.whl\n",
        script,
        extra_environment={"PYTHONPATH": str(tmp_path / "other")},
    )
    assert (outcome.exit_code, outcome.failure_reason) == (0, None)
    assert lines[-2:] == ["3", "found too"]
    assert any(line.startswith("Successfully installed adder-1.0") for line in lines)
    assert importlib.util.find_spec("adder") is None


def test_requirements_that_cannot_be_installed_are_the_reason_and_the_script_does_not_run(tmp_path: Path) -> None:
    outcome, lines = run_with(tmp_path, "no-such-package-of-ours==1.2\n", "print('trained')")
    assert outcome.failure_reason == (
        'AlgorithmError: InstallRequirementsError:\nExitCode 1\nErrorMessage ""\n'
        'Command "python3 -m pip install -r requirements.txt", exit code: 1'
    )
    assert lines[-1] == "ERROR: No matching distribution found for no-such-package-of-ours==1.2"
    assert "trained" not in lines


def test_an_installation_is_stopped_as_a_script_is(tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow/backend.py").write_text("import time; time.sleep(60)")
    build = '[build-system]\nrequires = []\nbackend-path = ["."]\nbuild-backend = "backend"\n'
    (tmp_path / "slow/pyproject.toml").write_text(build)
    folders = prepare(REQUEST, tmp_path / "ml")
    (folders.code / "requirements.txt").write_text("../../slow\n")
    (folders.code / "train.py").write_text("print('trained')")
    supervision = Supervision(lambda _: supervision.stop.set(), grace=5)
    outcome = run(REQUEST, folders, supervision)
    assert (outcome.stopped, outcome.failure_reason) == (True, None)
