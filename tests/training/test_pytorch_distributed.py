"""The training script of framework pytorch on several hosts: processes with addresses of their own, gloo between."""

import contextlib
import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.training.container import Container, mixed_rows

torch = pytest.importorskip("torch", reason="PyTorch is not installed; make pytorch installs it")
# Only then: of a module that was skipped in its middle, what follows is missing.
from tests.training.test_pytorch import epochs_of, fit, script  # noqa: E402

parallel = importlib.import_module("parallel")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 by itself")

FLAGS: dict[str, object] = {"target": "Outcome", "epochs": 4, "hidden": 16, "batch_size": 30, "lr": 0.01}


class Hosts:
    """One job's hosts, each with folders of its own; what is left of their processes at the end is killed."""

    def __init__(self, base: Path, count: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.names = [f"127.0.9.{n + 1}" for n in range(count)]
        self.containers = [Container(base / name, "pytorch") for name in self.names]
        for container in self.containers:
            container.put("train", "mixed.csv", mixed_rows(200, 1))
            container.put("test", "test.csv", mixed_rows(50, 2))
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, flags: dict[str, object], checkpoints: Path | None = None) -> None:
        self.processes = [
            container.start(
                flags,
                {
                    "SM_HOSTS": json.dumps(self.names),
                    "SM_CURRENT_HOST": name,
                    "SM_NETWORK_INTERFACE_NAME": "lo",
                    "MASTER_PORT": str(self.port),
                    "TRAINDROP_CHECKPOINT_DIR": str(checkpoints or "none"),
                },
            )
            for name, container in zip(self.names, self.containers, strict=True)
        ]

    def ended(self) -> list[tuple[int, str, str]]:
        """Exit code, output and errors of each."""
        said = [process.communicate(timeout=120) for process in self.processes]
        return [(process.returncode, *each) for process, each in zip(self.processes, said, strict=True)]

    def end(self) -> None:
        for process in self.processes:
            for pid in (*workers_of(process), process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.communicate()


def workers_of(launcher: subprocess.Popen[str]) -> list[int]:
    """The processes that torchrun has started on a host."""
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children")
    return [int(pid) for pid in children.read_text().split()] if launcher.poll() is None else []


@pytest.fixture
def alone(tmp_path: Path) -> Container:
    """What a single host is to find."""
    container = Container(tmp_path / "alone", "pytorch")
    container.put("train", "mixed.csv", mixed_rows(200, 1))
    container.put("test", "test.csv", mixed_rows(50, 2))
    return container


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Callable[[int], Hosts]]:
    """Makes a job of so many hosts."""
    with contextlib.ExitStack() as stack:

        def made(count: int) -> Hosts:
            hosts = Hosts(tmp_path, count)
            stack.callback(hosts.end)
            return hosts

        yield made


@pytest.mark.parametrize(("distribution", "count"), [("data", 2), ("model", 2), ("hybrid", 4)])
def test_several_hosts_train_what_one_would_but_for_rounding(
    alone: Container, job: Callable[[int], Hosts], monkeypatch: pytest.MonkeyPatch, distribution: str, count: int
) -> None:
    hosts = job(count)
    hosts.start(FLAGS | {"distribution": distribution})
    monkeypatch.delenv("SM_HOSTS", raising=False)
    fit(alone, monkeypatch, **FLAGS)
    first, *others = hosts.ended()
    assert first[0] == 0, first[2]
    assert [(code, output) for code, output, _ in others] == [(0, "")] * (count - 1)  # one prints for all

    container, *rest = hosts.containers
    assert container.predictions() == pytest.approx(alone.predictions(), abs=1e-5)
    ours, expected = (each.read_json("output/data/metrics.json") for each in (container, alone))
    assert ours["best_iteration"] == expected["best_iteration"]
    for part in ("train", "validation"):
        # Not the auc: rounding may put two rows with the same score in order.
        assert ours[part]["logloss"] == pytest.approx(expected[part]["logloss"], abs=1e-5)
    assert epochs_of(first[1]) == list(range(4))
    files = sorted(path.name for path in (container.base / "model").iterdir())
    assert files == ["architecture.json", "dataset.json", "model.pt"]
    assert not any(any((each.base / "model").iterdir()) for each in rest)
    saved, whole = (torch.load(each.base / "model/model.pt", weights_only=True) for each in (container, alone))
    assert {name: values.shape for name, values in saved.items()} == {n: v.shape for n, v in whole.items()}


def test_a_killed_worker_ends_the_job_with_the_reason_and_the_next_attempt_goes_on(
    alone: Container, job: Callable[[int], Hosts], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flags = FLAGS | {"epochs": 15, "patience": 15, "batch_size": 4, "refit": False}
    monkeypatch.delenv("SM_HOSTS", raising=False)
    fit(alone, monkeypatch, **flags)

    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    hosts = job(2)
    hosts.start(flags | {"distribution": "model"}, checkpoints)
    output = hosts.processes[0].stdout
    assert output
    before = ""
    while "[2]" not in before:
        line = output.readline()
        assert line, "the job ended"
        before += line
    (worker,) = workers_of(hosts.processes[1])
    os.kill(worker, signal.SIGKILL)
    first, second = hosts.ended()
    assert (first[0], second[0]) == (1, 1)
    reasons = [(container.base / "output/failure").read_text("utf-8") for container in hosts.containers]
    assert "The process 0 on 127.0.9.1 lost another process of the job" in reasons[0]
    assert reasons[1].startswith("The process 1 on 127.0.9.2 was ended by SIGKILL, as the system does where memory")
    assert all(reason in errors for reason, (_, _, errors) in zip(reasons, (first, second), strict=True))

    last = epochs_of(before + first[1])[-1]
    assert last < 14
    hosts.start(flags | {"distribution": "model"}, checkpoints)
    first, second = hosts.ended()
    assert first[0] == 0, first[2]
    # At the most the epoch that was printed and not yet saved is done twice.
    assert epochs_of(first[1])[0] in (last, last + 1)
    assert hosts.containers[0].predictions() == pytest.approx(alone.predictions(), abs=1e-5)


def test_what_is_wrong_with_the_data_is_the_reason_on_every_host(job: Callable[[int], Hosts]) -> None:
    hosts = job(2)
    for container in hosts.containers:
        container.put("train", "mixed.csv", [["a", "y"], *[[n, "yes"] for n in range(40)]])
    hosts.start(FLAGS | {"target": "y"})
    for (code, _, errors), container in zip(hosts.ended(), hosts.containers, strict=True):
        assert code == 1
        reason = (container.base / "output/failure").read_text("utf-8")
        assert reason.startswith("mixed.csv: the target column 'y' holds 'yes' in every row")
        assert reason.replace("'yes'", "…") in errors


def test_a_cell_that_is_wrong_is_told_as_the_reason_and_is_in_the_log_of_no_process(
    job: Callable[[int], Hosts],
) -> None:
    hosts, cell = job(2), "cell-0f1e2d3c"
    for container in hosts.containers:
        container.put("train", "mixed.csv", [*mixed_rows(200, 1), [cell, 1]])
    hosts.start(FLAGS | {"distribution": "data"})
    for (code, output, errors), container in zip(hosts.ended(), hosts.containers, strict=True):
        assert code == 1
        assert cell in (container.base / "output/failure").read_text("utf-8")
        assert "has 2 fields" in errors
        assert cell not in output + errors


@pytest.mark.parametrize(
    ("count", "flags", "message"),
    [
        (3, ["--distribution", "hybrid"], "tensor_parallel_size is 2, and the job has 3 processes"),
        (4, ["--distribution", "hybrid", "--tensor_parallel_size", "3"], "Set it to a divisor of 4"),
        (4, ["--distribution", "hybrid", "--tensor_parallel_size", "-2"], "Set it to a divisor of 4"),
        (3, ["--distribution", "model"], "hidden is 128, which 3 processes cannot share evenly"),
    ],
)
def test_sizes_that_do_not_go_together_end_the_job_before_anything_starts(
    alone: Container, monkeypatch: pytest.MonkeyPatch, count: int, flags: list[str], message: str
) -> None:
    for name, value in alone.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SM_HOSTS", json.dumps([f"algo-{n + 1}" for n in range(count)]))
    monkeypatch.setattr(sys, "argv", ["train.py", "--target", "Outcome", *flags])
    with pytest.raises(SystemExit, match=re.escape(message)):
        script.main()


def test_a_host_that_is_not_of_the_job_says_so(alone: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in alone.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SM_HOSTS", '["algo-1","algo-2"]')
    monkeypatch.setenv("SM_CURRENT_HOST", "algo-3")
    monkeypatch.setattr(sys, "argv", ["train.py", "--target", "Outcome"])
    with pytest.raises(SystemExit, match="'algo-3', which is not one of SM_HOSTS: algo-1, algo-2"):
        script.main()


@pytest.mark.parametrize(("first", "port"), [("algo-1", 29500), ("10.0.7.1", 29500), ("127.0.7.1", 29507)])
def test_jobs_on_one_machine_meet_at_ports_of_their_own(first: str, port: int) -> None:
    assert parallel.port(first) == port
