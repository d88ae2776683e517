"""Instances of a job as processes of their own on loopback, without any training between them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOSTS = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
# What an instance does once all are there is the last argument.
INSTANCE = """
import os, sys, time
from traindrop.peers import together
own, port, what = sys.argv[1:]
with together({hosts}, own, int(port), patience={patience}, silence=1.5) as rank:
    print(f"all there, rank {{rank}}", flush=True)
    exec(what)
print("left", flush=True)
"""
FOR_EVER = "time.sleep(1000)"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an instance that shares a port with the others of the test; what is left of it is killed."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with ExitStack() as stack:

        def started(own: str, what: str, patience: float = 60.0) -> subprocess.Popen[str]:
            (tmp_path / own).mkdir()
            environment = {"PYTHONPATH": str(ROOT / "layers/core"), "SM_OUTPUT_DIR": str(tmp_path / own)}
            code = INSTANCE.format(hosts=HOSTS, patience=patience)
            process = stack.enter_context(
                subprocess.Popen(  # noqa: S603 - our own interpreter and script
                    [sys.executable, "-W", "error", "-c", code, own, str(port), what],
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            return process

        yield started


def all_there(processes: list[subprocess.Popen[str]]) -> None:
    for rank, process in enumerate(processes):
        assert process.stdout
        assert process.stdout.readline() == f"all there, rank {rank}\n"


def reason(process: subprocess.Popen[str], folder: Path) -> str:
    """Why an instance failed, in its failure file and on standard error alike."""
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    message = (folder / str(process.args[-3]) / "failure").read_text("utf-8")  # type: ignore[index]
    assert message in errors
    return message


def test_none_begins_before_all_have_come_and_none_leaves_before_all_are_done(start: Start) -> None:
    later = [start(HOSTS[2], ""), start(HOSTS[1], "time.sleep(3)")]
    time.sleep(0.5)
    processes = [start(HOSTS[0], ""), *reversed(later)]
    all_there(processes)
    time.sleep(1)
    assert [process.poll() for process in processes] == [None] * 3
    assert [process.communicate(timeout=30) for process in processes] == [("left\n", "")] * 3
    assert [process.returncode for process in processes] == [0] * 3


@pytest.mark.parametrize("victim", [0, 2])
def test_an_instance_that_is_killed_ends_the_others_which_name_it(start: Start, tmp_path: Path, victim: int) -> None:
    processes = [start(host, FOR_EVER) for host in HOSTS]
    all_there(processes)
    processes.pop(victim).kill()
    for process in processes:
        assert reason(process, tmp_path).startswith(f"{HOSTS[victim]} ended before the training was over.")


def test_an_instance_that_falls_silent_ends_the_others(start: Start, tmp_path: Path) -> None:
    processes = [start(host, FOR_EVER) for host in HOSTS]
    all_there(processes)
    stopped = processes.pop(1)
    os.kill(stopped.pid, signal.SIGSTOP)
    for process in processes:
        assert reason(process, tmp_path) == f"{HOSTS[1]} has not been heard of for 2 seconds."


def test_what_one_instance_fails_with_is_the_reason_of_the_others(start: Start, tmp_path: Path) -> None:
    error = "raise ValueError('line 3 has 1 fields,\\n the header has 2')"
    processes = [start(HOSTS[0], FOR_EVER), start(HOSTS[1], error), start(HOSTS[2], FOR_EVER)]
    all_there(processes)
    failed = processes.pop(1)
    for process in processes:
        assert reason(process, tmp_path) == f"{HOSTS[1]}: line 3 has 1 fields, the header has 2"
    _, errors = failed.communicate(timeout=30)
    assert "ValueError: line 3 has 1 fields" in errors


def test_an_error_that_follows_from_the_end_of_another_instance_does_not_hide_it(start: Start, tmp_path: Path) -> None:
    consequence = "time.sleep(1); raise ConnectionError('reset by peer')"
    processes = [start(HOSTS[0], FOR_EVER), start(HOSTS[1], consequence), start(HOSTS[2], "time.sleep(1); os._exit(9)")]
    all_there(processes)
    processes.pop().communicate(timeout=30)
    for process in processes:
        assert reason(process, tmp_path).startswith(f"{HOSTS[2]} ended before")


def test_an_instance_that_never_comes_is_named(start: Start, tmp_path: Path) -> None:
    first, second = start(HOSTS[0], "", patience=3), start(HOSTS[1], "", patience=20)
    assert reason(first, tmp_path) == f"These instances of the job did not come within 3 seconds: {HOSTS[2]}."
    assert reason(second, tmp_path).startswith(f"{HOSTS[0]} ended before")


def test_a_first_instance_that_never_comes_is_named(start: Start, tmp_path: Path) -> None:
    message = reason(start(HOSTS[1], "", patience=1), tmp_path)
    assert message.startswith(f"{HOSTS[1]} cannot reach {HOSTS[0]} on port")


def test_a_stranger_at_the_door_is_sent_away(start: Start) -> None:
    first = start(HOSTS[0], "")
    port = int(first.args[-2])  # type: ignore[index, arg-type]
    while True:
        try:
            stranger = socket.create_connection((HOSTS[0], port), timeout=30)
            break
        except ConnectionError:
            time.sleep(0.05)
    with stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n")
        assert stranger.recv(1) == b""
    processes = [first, start(HOSTS[1], ""), start(HOSTS[2], "")]
    all_there(processes)
    assert [process.wait(timeout=30) for process in processes] == [0] * 3
    for process in processes:
        process.communicate()
