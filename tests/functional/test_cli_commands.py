"""The command line as a person and as a script calls it: processes of its own, on a local AWS."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.builders import CSV
from tests.waiting import wait_for

pytestmark = pytest.mark.xdist_group("cli")

Traindrop = Callable[..., "subprocess.CompletedProcess[str]"]

FEW_ROUNDS = "hyperparameters: {num_round: 5}\n"
JSON_FIELDS = {"run", "dataset", "status", "metrics", "seconds", "model", "reason", "attempt", "place_in_line",
               "waits_for", "answered_by", "earlier_failures", "stop_requested_by", "cost",
               "worst_case_usd", "report"}  # fmt: skip


def caller(home: Path) -> Traindrop:
    """Runs `traindrop` with no credentials, and with `home` as its TRAINDROP_HOME; keywords are variables for it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TRAINDROP_"))}
    environment |= {"TRAINDROP_HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"}
    environment |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    program = str(Path(sys.executable).with_name("traindrop"))

    def call(*arguments: object, **variables: str) -> "subprocess.CompletedProcess[str]":
        command = [program, *map(str, arguments)]
        return subprocess.run(command, env=environment | variables, capture_output=True, text=True, timeout=120)  # noqa: S603 - our own script

    return call


@pytest.fixture
def traindrop(tmp_path: Path) -> Traindrop:
    """A command line where no local AWS runs."""
    return caller(tmp_path / "home")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traindrop]:
    """A command line beside which `traindrop local up` left a local AWS running."""
    call = caller(tmp_path_factory.mktemp("home"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = call("local", "up", "--port", port)
    assert started.returncode == 0, started.stderr
    try:
        yield call
    finally:
        call("local", "down")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files to drop: one that trains, one that is rejected, one whose training fails, and a config."""
    folder = tmp_path_factory.mktemp("files")
    header, *rows = CSV.splitlines(keepends=True)
    (folder / "flowers.csv").write_bytes(CSV)
    (folder / "nothing.csv").write_bytes(header)
    # The check reads the first megabyte; this row is beyond it.
    (folder / "breaks.csv").write_bytes(header + b"".join(rows) * 2000 + b"1.5,2\n")
    (folder / "training.yaml").write_text(FEW_ROUNDS, "utf-8")
    return folder


def drop(call: Traindrop, file: Path, *options: object) -> "subprocess.CompletedProcess[str]":
    return call("drop", file, "--target", "species", "--config", file.with_name("training.yaml"), "--json", *options)


def test_one_command_trains_in_a_local_aws_of_its_own_and_keeps_the_run(
    traindrop: Traindrop, files: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    done = drop(traindrop, files / "flowers.csv", "--test", files / "flowers.csv", "--local", "--keep", kept)
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run.keys() >= JSON_FIELDS
    assert (run["dataset"], run["status"], run["reason"]) == ("flowers", "Evaluated", None)
    assert {"accuracy", "auc"} <= run["metrics"].keys()
    assert 0 < run["seconds"] < 120
    assert run["model"].endswith(f"/runs/{run['run']}/output/model.tar.gz")
    found = {str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file()}
    assert found >= {
        "request.json",
        "evaluation.json",
        "report.html",
        "output/model.tar.gz",
        "output/output.tar.gz",
        "run.json",
    }
    assert "trained" in done.stderr
    assert traindrop("local", "status").returncode == 1


@pytest.mark.parametrize(
    ("file", "status", "exit_status", "reason"),
    [
        ("flowers.csv", "Evaluated", 0, None),
        ("nothing.csv", "Rejected", 2, "no rows"),
        ("breaks.csv", "Failed", 1, "line 120002 has 2 fields"),
    ],
)
def test_a_waiting_drop_tells_how_the_run_ended_by_its_exit_status(
    up: Traindrop, files: Path, file: str, status: str, exit_status: int, reason: str | None
) -> None:
    done = drop(up, files / file, "--wait")
    assert done.returncode == exit_status, done.stderr
    run = json.loads(done.stdout)
    assert run["status"] == status
    assert (run["reason"] is None) if reason is None else (reason in run["reason"])


def test_runs_show_and_messages_tell_of_a_run_that_was_dropped(up: Traindrop, files: Path) -> None:
    dropped = json.loads(drop(up, files / "flowers.csv", "--dataset", "told", "--wait").stdout)
    listed: list[dict[str, Any]] = json.loads(up("runs", "--dataset", "told", "--json").stdout)
    assert [run["run"] for run in listed] == [dropped["run"]]
    assert json.loads(up("show", dropped["run"], "--json").stdout) == {**dropped, "trials": []}
    messages = json.loads(up("local", "messages", "--json").stdout)
    assert (
        [message["subject"] for message in messages if dropped["run"] in message["body"]]
        == [message["subject"] for message in messages if "] told: trained" in message["subject"]]
        != []
    )
    assert "told" in up("runs").stdout
    assert dropped["run"] in up("show", dropped["run"]).stdout


def test_the_plan_is_what_the_drop_then_does(up: Traindrop, files: Path, tmp_path: Path) -> None:
    given = ("--dataset", "planned", "--target", "species", "--config", files / "training.yaml")
    planned = json.loads(up("plan", files / "flowers.csv", *given, "--json").stdout)
    dropped = up("drop", files / "flowers.csv", *given, "--keep", tmp_path / "kept", "--json")
    assert dropped.returncode == 0, (dropped.stderr, dropped.stdout)
    run = json.loads(dropped.stdout)
    assert run["run"] == planned["run"]
    assert json.loads((tmp_path / "kept" / "request.json").read_text("utf-8")) == planned["request"]
    from_s3 = json.loads(up("plan", f"s3://{bucket(run)}/datasets/planned/train/flowers.csv", "--json").stdout)
    assert from_s3["request"] == planned["request"]


def bucket(run: dict[str, Any]) -> str:
    """The bucket that a run's model lies in."""
    return str(run["model"]).removeprefix("s3://").partition("/")[0]


def test_status_and_down_find_the_local_aws_and_end_its_process(up: Traindrop) -> None:
    status = json.loads(up("local", "status", "--json").stdout)
    assert status["running"] is True
    assert is_alive(status["pid"])
    assert up("local", "down").returncode == 0
    assert json.loads(up("local", "status", "--json").stdout) == {"running": False}
    assert wait_for(lambda: not is_alive(status["pid"]))


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended, and that nobody has asked about yet, does not."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)  # noqa: S603, S607 - ps, wherever it lies
    return found.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["drop", "none.csv", "--local"], "none.csv: there is no such file"),
        (["local", "messages"], "No local AWS runs"),
        (["stop", "a-run"], "The stack traindrop cannot be found"),
        (["rerun", "a-run"], "The stack traindrop cannot be found"),
        (["redrive"], "The stack traindrop cannot be found"),
    ],
)
def test_a_wrong_call_ends_with_status_3_and_one_line(traindrop: Traindrop, arguments: list[str], says: str) -> None:
    done = traindrop(*arguments)
    assert done.returncode == 3
    assert done.stdout == "" or arguments[0] == "drop"
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("traindrop: ")]) == 1


def test_the_demo_in_a_pipe_shows_each_state_and_the_notification(traindrop: Traindrop) -> None:
    done = traindrop("demo")
    assert done.returncode == 0, done.stderr
    shown = re.findall(r"^ *[0-9.]+ s (\w+)", done.stdout, re.MULTILINE)
    assert shown[:7] == ["uploaded", "checked", "launched", "training", "trained", "evaluated", "notified"]
    assert "Subject: [traindrop] breast-cancer: trained, auc 0.9" in done.stdout


def test_a_port_that_is_taken_is_said_in_words_with_the_way_out(traindrop: Traindrop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = traindrop("local", "up", "--port", taken.getsockname()[1])
    assert done.returncode == 3
    assert "Choose another with --port" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_aws_refuses_is_said_in_words(traindrop: Traindrop) -> None:
    done = traindrop("runs", "--stack", "nowhere")
    assert done.returncode == 3
    assert "region" in done.stderr
    assert "Traceback" not in done.stderr
