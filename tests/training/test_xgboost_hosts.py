"""XGBoost on several instances: one process each, with XGBoost's own collective between them on the loopback."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb
from tests.training.container import Container, mixed_rows

from traindrop.plain_blocks import LONGEST_LINE
from traindrop_cli.local.sagemaker.loopback import loopback_instances

pytestmark = pytest.mark.skipif("sys.platform != 'linux'", reason="several instances need Linux's loopback")
# Every tree sees all: else each instance draws from its own rows.
WHOLE = {"subsample": 1, "colsample_bytree": 1}


@pytest.fixture
def hosts() -> Iterator[tuple[str, ...]]:
    with loopback_instances(2) as instances:
        yield instances[0].hosts


def put_data(container: Container, rows: list[list[object]]) -> Container:
    container.put("train", "train.csv", rows)
    container.put("test", "test.csv", mixed_rows(100, 2))
    return container


def start(base: Path, hosts: tuple[str, ...], rows: list[list[object]], **flags: object) -> list[subprocess.Popen[str]]:
    """The script on each of the hosts, each with all of the data."""
    flags = {"target": "Outcome", **flags}
    return [
        put_data(Container(base / host, "xgboost"), rows).start(
            flags, {"SM_HOSTS": json.dumps(hosts), "SM_CURRENT_HOST": host}
        )
        for host in reversed(hosts)  # the first one last: the others wait for it
    ][::-1]


@pytest.mark.parametrize(
    "flags", [{}, {"early_stopping_rounds": 5, "eta": 0.5, "num_round": 60}, {"refit": False, "max_bin": 16}]
)
def test_two_instances_make_the_model_that_one_makes(
    tmp_path: Path, hosts: tuple[str, ...], flags: dict[str, object]
) -> None:
    # More values than bins, rows for the two that cannot be equally many, and shares that differ.
    rows = sorted(mixed_rows(1001, 1), key=lambda row: (row[0] != "when", str(row[0])))
    flags = WHOLE | {"num_round": 20} | flags
    one = put_data(Container(tmp_path / "one", "xgboost"), rows)
    one.trained(target="Outcome", **flags)
    processes = start(tmp_path, hosts, rows, **flags)
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    first, second = (Container(tmp_path / host, "xgboost") for host in hosts)
    assert first.predictions() == pytest.approx(one.predictions(), abs=1e-5)
    alone, together = (each.read_json("output/data/metrics.json") for each in (one, first))
    assert together.get("best_iteration") == alone.get("best_iteration")
    assert together["train"]["logloss"] == pytest.approx(alone["train"]["logloss"], abs=1e-5)
    for name, values in alone["validation"].items():
        assert together["validation"][name] == pytest.approx(values, abs=1e-5)
    models = [xgb.Booster(model_file=each.base / "model/model.ubj") for each in (one, first)]
    assert models[0].num_boosted_rounds() == models[1].num_boosted_rounds()
    assert [path for path in second.base.rglob("*") if path.is_file() and "input" not in path.parts] == []
    assert "validation-auc:" in outputs[0][0]
    assert outputs[1][0].splitlines()[2] == "Instance 2 of 2, each with its share of the rows"
    assert "validation-auc:" not in outputs[1][0]


def test_each_of_two_instances_reads_its_half_of_the_file_and_no_more(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    """Each one's copy has nonsense in the place of the other half: the model is that of the whole file all the same."""
    rows = mixed_rows(16_000, 1)
    flags = WHOLE | {"num_round": 5, "refit": False, "target": "Outcome"}
    one = put_data(Container(tmp_path / "one", "xgboost"), rows)
    one.trained(**flags)
    content = (tmp_path / "one/input/data/train/train.csv").read_bytes()
    middle = content.index(b"\n", len(content) // 2 + LONGEST_LINE // 2)
    around = slice(middle - LONGEST_LINE, middle)
    containers = [put_data(Container(tmp_path / host, "xgboost"), rows) for host in hosts]
    header = content.index(b"\n")
    halves = (
        content[:middle] + nonsense(content[middle:]),
        content[:header] + nonsense(content[header : around.start]) + content[around.start :],
    )
    for container, half in zip(containers, halves, strict=True):
        (container.base / "input/data/train/train.csv").write_bytes(half)
    processes = [
        container.start(flags, {"SM_HOSTS": json.dumps(hosts), "SM_CURRENT_HOST": host})
        for container, host in zip(containers, hosts, strict=True)
    ]
    outputs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert containers[0].predictions() == pytest.approx(one.predictions(), abs=1e-5)


def nonsense(rows: bytes) -> bytes:
    """As long, with the same quotes and line ends, and nothing that a row of the file could have."""
    return re.sub(rb'[^"\n]', b"#", rows)


def test_with_subsampling_two_instances_make_another_model_that_is_as_good(
    tmp_path: Path, hosts: tuple[str, ...]
) -> None:
    rows = mixed_rows(1000, 1)
    for process in start(tmp_path, hosts, rows, num_round=20):
        process.communicate()
        assert process.returncode == 0
    truth = np.array([row[-1] == "yes" for row in mixed_rows(100, 2)[1:]])
    predictions = Container(tmp_path / hosts[0], "xgboost").predictions()[:, 1]
    assert np.mean((predictions > 0.5) == truth) > 0.9


@pytest.mark.parametrize("number", [0, 1])
def test_an_instance_that_is_lost_ends_the_other_within_seconds_with_that_as_the_reason(
    tmp_path: Path, hosts: tuple[str, ...], number: int
) -> None:
    processes = start(tmp_path, hosts, mixed_rows(1000, 1), num_round=1_000_000)
    told = processes[0].stdout
    assert told
    assert any(line.startswith("[10]") for line in told)
    os.kill(processes[number].pid, signal.SIGKILL)
    killed = time.monotonic()
    other = processes[1 - number]
    _, errors = other.communicate(timeout=60)
    assert time.monotonic() - killed < 20
    assert other.returncode == 1
    reason = (tmp_path / hosts[1 - number] / "output/failure").read_text()
    assert reason.startswith("The connection to another instance of the job was lost")
    assert errors.splitlines()[-1] == reason
    processes[number].communicate()


def test_what_is_wrong_with_the_data_is_the_reason_on_every_instance(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    processes = start(tmp_path, hosts, [["a", "Outcome"], *[[n, "yes"] for n in range(40)]])
    for process, host in zip(processes, hosts, strict=True):
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "'Outcome' holds … in every row" in errors
        assert "'Outcome' holds 'yes' in every row" in (tmp_path / host / "output/failure").read_text("utf-8")
