"""What scripts and shells rely on: the fields of --json, names to complete, plain text in a pipe, a fast start."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.functional.test_cli_commands import FEW_ROUNDS, Traindrop, caller, drop, files, up

from traindrop_cli.json_fields import FIELDS
from traindrop_cli.listing import listing
from traindrop_cli.stack import LOCAL_CREDENTIALS, Stack

__all__ = ["files", "up"]  # fixtures
pytestmark = pytest.mark.xdist_group("cli")

# What takes long to import, and is of no use to who only asks for help.
HEAVY = {
    "boto3",
    "botocore",
    "pydantic",
    "numpy",
    "xgboost",
    "sklearn",
    "pyarrow",
    "rich",
    "jinja2",
    "ministack",
    "yaml",
}
# To list the runs of the local AWS, the ledger's model and a table are enough.
USED_BY_RUNS = {"pydantic", "rich"}


@pytest.fixture(scope="module")
def trained(up: Traindrop, files: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two runs of a dataset `told`, of which the second is told as JSON; beside them a run of `other`, rejected."""
    (files / "more.yaml").write_text(FEW_ROUNDS.replace("5", "6"), "utf-8")
    first = drop(up, files / "flowers.csv", "--dataset", "told", "--test", files / "flowers.csv", "--wait")
    second = up("drop", files / "flowers.csv", "--dataset", "told", "--target", "species", "--config",
                files / "more.yaml", "--wait", "--json")  # fmt: skip
    rejected = drop(up, files / "nothing.csv", "--dataset", "other", "--wait")
    assert [each.returncode for each in (first, second, rejected)] == [0, 0, 2], (first.stderr, second.stderr)
    found: dict[str, Any] = json.loads(second.stdout)
    return found | {"earlier": json.loads(first.stdout)["run"], "folder": str(tmp_path_factory.mktemp("told"))}


def calls(files: Path, run: dict[str, Any]) -> Iterator[tuple[str, list[object]]]:
    """Each command that can be called here, with arguments that bring it to its JSON."""
    folder, name = Path(run["folder"]), run["run"]
    csv = folder / "own.csv"
    csv.write_bytes((files / "flowers.csv").read_bytes())
    yield "drop", [files / "flowers.csv", "--dataset", "another"]
    yield "init", [csv, "--target", "species"]
    yield "plan", [files / "flowers.csv", "--target", "species", "--compare"]
    yield "plan", [files / "nothing.csv", "--target", "species"]
    yield "runs", []
    yield "show", [name]
    yield "logs", [name]
    yield "report", [name, "--no-open", "--output", folder]
    yield "model", [name, "--output", folder / "model"]
    yield "predict", [files / "flowers.csv", "--run", name, "--output", folder / "predictions.csv"]
    yield "compare", [run["earlier"], name]
    yield "leaderboard", ["--dataset", "told"]
    yield "rerun", [name, "--wait"]
    yield "redrive", ["--dry-run"]
    yield "doctor", []
    yield "prices", ["--region", "us-east-1"]
    yield "local status", []
    yield "local up", []
    yield "local messages", []


def test_the_fields_of_each_command_are_those_of_the_reference(
    up: Traindrop, files: Path, trained: dict[str, Any]
) -> None:
    seen = set()
    for command, arguments in calls(files, trained):
        done = up(*command.split(), *arguments, "--json")
        assert done.returncode in (0, 2), (command, done.stderr)
        for found in objects(FIELDS[command].shape, done.stdout):
            fields = FIELDS[command].fields
            assert found.keys() <= fields.keys(), command
            assert found.keys() >= fields.keys() - FIELDS[command].sometimes, command
            seen.add(command)
    # Nothing waits in the queue here; a stop has a test below; the local AWS ends with the last test.
    assert FIELDS.keys() - seen == {"redrive", "stop", "local down"}


def objects(shape: str, printed: str) -> list[dict[str, Any]]:
    match shape:
        case "lines":
            return [json.loads(line) for line in printed.splitlines()]
        case "list":
            return list(json.loads(printed))
        case _:
            return [json.loads(printed)]


def test_a_run_that_was_followed_is_told_with_every_field(trained: dict[str, Any]) -> None:
    assert trained.keys() >= FIELDS["drop"].fields.keys()


def test_the_runs_of_the_local_aws_are_listed_as_its_ledger_has_them(up: Traindrop, trained: dict[str, Any]) -> None:
    noted = json.loads(up("local", "status", "--json").stdout)
    stack = Stack(noted["stack"], noted["bucket"], noted["table"], noted["endpoint_url"])
    found, line = listing(stack, "told")
    assert [run.model_dump_json() for run in found] == by_the_ledger(noted)
    assert {run.run for run in found} >= {trained["run"], trained["earlier"]}
    assert line == []
    assert len(listing(stack)[0]) > len(found)


def by_the_ledger(noted: dict[str, Any]) -> list[str]:
    """The same in a process of its own, since boto3 and the ledger keep their clients."""
    program = (
        "import sys; from traindrop.ledger import Ledger; "
        "[print(run.model_dump_json()) for run in Ledger(sys.argv[1]).runs('told')]"
    )
    where = {**os.environ, **LOCAL_CREDENTIALS, "AWS_ENDPOINT_URL": noted["endpoint_url"]}
    command = [sys.executable, "-c", program, noted["table"]]
    return subprocess.run(command, env=where, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603 - our own interpreter


def completed(call: Traindrop, *words: str, **variables: str) -> list[str]:
    """What bash would be offered after these words, the last of which is begun."""
    typed = {"COMP_WORDS": " ".join(["traindrop", *words]), "COMP_CWORD": str(len(words))}
    done = call(_TRAINDROP_COMPLETE="complete_bash", **typed, **variables)
    assert done.stderr == ""
    return done.stdout.split()


def test_the_shell_is_offered_names_of_datasets_runs_and_statuses(up: Traindrop, trained: dict[str, Any]) -> None:
    assert set(completed(up, "runs", "--dataset", "")) >= {"told", "other"}
    assert completed(up, "leaderboard", "--dataset", "tol") == ["told"]
    name = trained["run"]
    assert completed(up, "show", name[:-1]) == [name]
    assert name not in completed(up, "compare", name, "")
    assert trained["earlier"] in completed(up, "compare", name, "")
    assert completed(up, "runs", "--status", "Ev") == ["Evaluated", "EvaluationFailed"]


def test_the_shell_is_offered_nothing_where_there_is_nobody_to_ask(tmp_path: Path) -> None:
    nobody = caller(tmp_path)
    assert completed(nobody, "show", "") == []
    assert completed(nobody, "show", "", TRAINDROP_STACK="nowhere") == []
    (tmp_path / "local.json").write_text("no JSON", "utf-8")
    assert completed(nobody, "show", "") == []


def imported(call: Traindrop, *arguments: str) -> set[str]:
    """The packages that a command imports, ours with their modules."""
    told = call(*arguments, PYTHONPROFILEIMPORTTIME="1").stderr
    names = set(re.findall(r"^import time:[^|]*\|[^|]*\|\s*([\w.]+)$", told, re.MULTILINE))
    assert "typer" in names
    return {name.partition(".")[0] for name in names} | names


def test_help_imports_nothing_that_takes_time(tmp_path: Path) -> None:
    nobody = caller(tmp_path)
    assert not imported(nobody, "--help") & HEAVY
    # Typer reads the values of options with it.
    assert not imported(nobody, "drop", "--help") & (HEAVY - {"pydantic"})


def test_runs_of_the_local_aws_imports_no_sdk(up: Traindrop, trained: dict[str, Any]) -> None:
    assert imported(up, "runs") & HEAVY == USED_BY_RUNS
    assert not imported(up, "runs", "--json") & (HEAVY - {"pydantic"})
    assert trained["run"] in up("runs").stdout


@pytest.mark.parametrize("command", ["runs", "show", "leaderboard", "compare", "doctor", "prices"])
def test_in_a_pipe_nothing_steers_a_terminal(up: Traindrop, trained: dict[str, Any], command: str) -> None:
    arguments = {"show": [trained["run"]], "leaderboard": ["--dataset", "told"],
                 "compare": [trained["earlier"], trained["run"]]}  # fmt: skip
    done = up(command, *arguments.get(command, []), COLUMNS="20")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr


def test_a_drop_in_a_pipe_is_told_in_plain_lines(up: Traindrop, files: Path) -> None:
    done = up("drop", files / "flowers.csv", "--dataset", "plain", "--target", "species", "--wait")
    assert re.search(r"^ +[0-9.]+ s trained", done.stdout, re.MULTILINE)
    assert re.search(r"^ +\| \[0\]", done.stdout, re.MULTILINE)
    assert not set("\x1b\r⠋▁█") & set(done.stdout + done.stderr)


def test_ctrl_c_ends_the_following_and_not_the_run(up: Traindrop, files: Path) -> None:
    (files / "endless.yaml").write_text("instance_type: ml.m5.large\nhyperparameters: {num_round: 100000}\n", "utf-8")
    options = ["--dataset", "endless", "--target", "species", "--config", str(files / "endless.yaml"), "--wait"]
    program = [str(Path(sys.executable).with_name("traindrop")), "drop", str(files / "flowers.csv"), *options]
    home = Path(json.loads(up("local", "status", "--json").stdout)["log_file"]).parent
    environment = {**os.environ, "TRAINDROP_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(  # noqa: S603 - our own script
        program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as following:
        assert following.stdout is not None
        assert any("training" in line for line in following.stdout)
        following.send_signal(signal.SIGINT)
        _, said = following.communicate(timeout=60)
    (run,) = json.loads(up("runs", "--dataset", "endless", "--json").stdout)
    assert (following.returncode, run["status"]) == (130, "InProgress")
    assert f"traindrop logs -f {run['run']}" in said
    assert "Traceback" not in said
    stopped = up("stop", run["run"], "--yes", "--json")
    assert stopped.returncode == 0, stopped.stderr
    assert json.loads(stopped.stdout).keys() == FIELDS["stop"].fields.keys()
