"""TensorFlow on several instances: one process each, with its own collective between them on the loopback."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.training.container import Container, mixed_rows
from tests.training.test_tensorflow import WARNING

from traindrop_cli.local.sagemaker.loopback import loopback_instances

pytestmark = [
    pytest.mark.skipif("sys.platform != 'linux'", reason="several instances need Linux's loopback"),
    pytest.mark.skipif(
        find_spec("tensorflow") is None, reason="TensorFlow is not installed; make tensorflow installs it"
    ),
    pytest.mark.xdist_group("tensorflow"),
]
FLAGS: dict[str, object] = {"target": "Outcome", "hidden": 16, "dropout": 0, "batch_size": 32}


@pytest.fixture
def hosts() -> Iterator[tuple[str, ...]]:
    with loopback_instances(2) as instances:
        yield instances[0].hosts


def put_data(container: Container) -> Container:
    container.put("train", "train.csv", mixed_rows(301, 1))
    container.put("test", "test.csv", mixed_rows(100, 2))
    return container


def start(base: Path, hosts: tuple[str, ...], **flags: object) -> list[subprocess.Popen[str]]:
    """The script on each of the hosts, each with all of the data."""
    return [
        put_data(Container(base / host, "tensorflow", ("error", WARNING))).start(
            FLAGS | flags,
            {"SM_HOSTS": json.dumps(hosts), "SM_CURRENT_HOST": host, "SM_NETWORK_INTERFACE_NAME": "lo"},
        )
        for host in hosts
    ]


def test_two_instances_make_the_model_that_one_makes_but_for_rounding(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    processes = start(tmp_path, hosts, epochs=4)
    outputs = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    one = put_data(Container(tmp_path / "one", "tensorflow", ("error", WARNING)))
    one.trained(**FLAGS, epochs=4)
    first, second = (Container(tmp_path / host, "tensorflow") for host in hosts)
    assert first.predictions() == pytest.approx(one.predictions(), abs=1e-3)
    alone, together = (each.read_json("output/data/metrics.json") for each in (one, first))
    assert together["validation"]["logloss"] == pytest.approx(alone["validation"]["logloss"], abs=1e-3)
    # Only the first instance tells and saves.
    assert [path for path in second.base.rglob("*") if path.is_file() and "input" not in path.parts] == []
    assert "validation-auc:" in outputs[0][0]
    assert "validation-auc:" not in outputs[1][0]


@pytest.mark.parametrize("number", [0, 1])
def test_an_instance_that_is_lost_ends_the_other_within_seconds_with_that_as_the_reason(
    tmp_path: Path, hosts: tuple[str, ...], number: int
) -> None:
    processes = start(tmp_path, hosts, epochs=100_000, patience=0)
    told = processes[0].stdout
    assert told
    assert any(line.startswith("[2]") for line in told)
    os.kill(processes[number].pid, signal.SIGKILL)
    killed = time.monotonic()
    other = processes[1 - number]
    other.communicate(timeout=60)
    assert time.monotonic() - killed < 30
    assert other.returncode == 1
    assert hosts[number] in (tmp_path / hosts[1 - number] / "output/failure").read_text()
    processes[number].communicate()
