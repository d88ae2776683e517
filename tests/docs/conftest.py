"""A folder for the commands of a page, beside a local AWS that all pages share."""

import csv
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BIN = Path(sys.executable).parent
LONG = "target: species\ninstance_type: ml.m5.large\nhyperparameters: {num_round: 100000}\n"


@dataclass
class Shell:
    """Runs what a page says in its folder, as a person would who put in the names of their own bucket and runs."""

    folder: Path
    environment: dict[str, str]
    runs_before: frozenset[str] = frozenset()
    exports: str = ""

    def run(self, script: str) -> "subprocess.CompletedProcess[str]":
        """What is exported holds for what follows; questions are answered with yes."""
        named = self.with_names(script)
        if named.startswith("export "):
            self.exports += f"{named}\n"
        command = ["bash", "-euo", "pipefail", "-c", self.exports + named]
        return subprocess.run(  # noqa: S603 - the pages of this repository
            command, cwd=self.folder, env=self.environment, input="y\n", capture_output=True, text=True, timeout=120
        )

    def ask(self, *arguments: str) -> Any:
        command = [str(BIN / "traindrop"), *arguments, "--json"]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)  # noqa: S603 - ours
        return json.loads(done.stdout)

    def with_names(self, script: str) -> str:
        if not any(name in script for name in ("RUN", "BUCKET", "NAME", "4566")):
            return script
        noted = self.ask("local", "status")
        names = {"BUCKET": noted["bucket"], "NAME": noted["stack"], "http://127.0.0.1:4566": noted["endpoint_url"]}
        if "RUN" in script:
            names |= self._runs(waits="traindrop stop" in script)
        for name in sorted(names, key=len, reverse=True):
            script = script.replace(name, names[name])
        return script

    def _runs(self, *, waits: bool) -> dict[str, str]:
        """The newest two evaluated runs of this page that were tested; for `stop` one that trains."""
        if waits:
            self.run(f"printf '{LONG}' > long.yaml; traindrop drop long.csv --dataset long --config long.yaml")
            found = self._until_it_trains()
            return {"RUN": found}
        done = [run for run in self.ask("runs", "--status", "Evaluated") if run["run"] not in self.runs_before]
        ours = [run["run"] for run in done if run["framework"] == "xgboost" and run["metrics_of"] == "test"]
        return {"RUN": ours[0], "OTHER_RUN": ours[-1]}

    def _until_it_trains(self) -> str:
        for _ in range(300):
            found = [run["run"] for run in self.ask("runs", "--dataset", "long") if run["status"] == "InProgress"]
            if found:
                return str(found[0])
        raise AssertionError("the run that is to be stopped does not train")


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a shell that has found a local AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TRAINDROP_"))}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = kept | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "TRAINDROP_HOME": str(tmp_path_factory.mktemp("home")),
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "BROWSER": "true",
    }  # fmt: skip
    traindrop = str(BIN / "traindrop")
    up = [traindrop, "local", "up", "--port", str(port)]
    started = subprocess.run(up, env=environment, capture_output=True, text=True)  # noqa: S603 - ours
    assert started.returncode == 0, started.stderr
    yield environment
    subprocess.run([traindrop, "local", "down"], env=environment, check=True, capture_output=True)  # noqa: S603 - ours


@pytest.fixture
def shell(local_aws: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Shell:
    """A folder with what a person has already: files of the Titanic's columns, and one to train on for long."""
    page = Path(request.node.callspec.params["page"]).name
    if page != "guide.md":
        for names, rows in ((("train.csv", "my.csv"), 120), (("test.csv", "held_out.csv", "new.csv"), 60)):
            for name in names:
                passengers(tmp_path / name, rows)
    numbers = "\n".join(f"{n % 97},{n % 89},{'rose' if n % 7 > 3 else 'tulip'}" for n in range(20_000))
    (tmp_path / "long.csv").write_text(f"length,width,species\n{numbers}\n", "utf-8")
    found = Shell(tmp_path, local_aws)
    found.runs_before = frozenset(run["run"] for run in found.ask("runs"))
    return found


def passengers(path: Path, rows: int) -> None:
    """Rows with the columns of the lesson's data, made up."""
    chance = random.Random(f"{path.parent}{rows}")  # noqa: S311 - made-up data
    header = ["PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "SibSp", "Parch", "Ticket", "Fare", "Cabin",
              "Embarked"]  # fmt: skip
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number in range(rows):
            sex, place = chance.choice(["male", "female"]), chance.randint(1, 3)
            lived = int(chance.random() < (0.75 if sex == "female" else 0.2) + 0.1 * (2 - place))
            age = "" if chance.random() < 0.2 else str(chance.randint(1, 70))
            writer.writerow([number, lived, place, f"Doe, {number}", sex, age, 0, chance.randint(0, 2),
                             f"T {chance.random():.6f}", f"{100 / place * chance.random():.2f}", "",
                             chance.choice("SCQ")])  # fmt: skip
