"""`traindrop compare` and `traindrop leaderboard`, as a person and as a script call them, on a local AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.builders import CSV
from tests.functional.test_cli_commands import FEW_ROUNDS, Traindrop, caller

pytestmark = pytest.mark.xdist_group("cli")


class Dataset:
    """Two runs of a dataset: the first blind to the column that decides, the second not."""

    def __init__(self, call: Traindrop, folder: Path) -> None:
        self.call = call
        self.file = folder / "blooms.csv"
        self.file.write_bytes(CSV)
        self.poor = self.drop(folder / "poor.yaml", f"target: species\ndrop: [length]\n{FEW_ROUNDS}")
        self.good = self.drop(folder / "good.yaml", f"target: species\n{FEW_ROUNDS}")

    def drop(self, config: Path, text: str) -> dict[str, Any]:
        config.write_text(text, "utf-8")
        done = self.call("drop", self.file, "--test", self.file, "--config", config, "--wait", "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture(scope="module")
def blooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    call = caller(tmp_path_factory.mktemp("home"))
    started = call("local", "up", "--port", 0)
    assert started.returncode == 0, started.stderr
    try:
        yield Dataset(call, tmp_path_factory.mktemp("files"))
    finally:
        call("local", "down")


def test_a_run_s_json_has_its_verdict(blooms: Dataset) -> None:
    assert blooms.poor["verdict"]["outcome"] == "first"
    assert blooms.good["verdict"]["outcome"] == "better"
    assert blooms.good["verdict"]["champion"] == blooms.poor["run"]
    assert blooms.good["model_package"].endswith("/2")


def test_compare_shows_what_differs_and_names_what_does_not(blooms: Dataset) -> None:
    done = blooms.call("compare", blooms.poor["run"], blooms.good["run"])
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["drop", '["length"]', "[]"] in lines
    assert not any(line[:1] == ["num_round"] for line in lines)
    assert "num_round" in next(line for line in done.stdout.splitlines() if line.startswith("Alike:"))
    assert f"{blooms.good['run']} (champion)" in done.stdout
    assert f"{blooms.good['run']}: Better than the champion {blooms.poor['run']}" in done.stdout
    assert any(line[:1] == ["num_round"] for line in map(str.split, blooms.call(
        "compare", "--all", blooms.poor["run"], blooms.good["run"]).stdout.splitlines()))  # fmt: skip


def test_compare_as_json(blooms: Dataset) -> None:
    found = json.loads(blooms.call("compare", "--json", blooms.poor["run"], blooms.good["run"]).stdout)
    assert found["differences"]["config"] == {"drop": ['["length"]', "[]"]}
    assert found["alike"]["num_round"] == "5"
    assert found["same_test_rows"] is True
    assert [run["is_champion"] for run in found["runs"]] == [False, True]


def test_leaderboard_lists_the_best_first_and_marks_the_champion(blooms: Dataset) -> None:
    found = json.loads(blooms.call("leaderboard", "--dataset", "blooms", "--json").stdout)
    assert (found["metric"], found["champion"]) == ("auc", blooms.good["run"])
    assert [(run["run"], run["place"], run["is_champion"]) for run in found["runs"]] == [
        (blooms.good["run"], 1, True), (blooms.poor["run"], 2, False),
    ]  # fmt: skip
    shown = blooms.call("leaderboard", "--dataset", "blooms").stdout
    assert shown.index(f"{blooms.good['run']} (champion)") < shown.index(blooms.poor["run"])
    assert " to " in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare", "one-alone"], "name two runs or more"),
        (["compare", "none", "nothing"], "There is no run none"),
        (["leaderboard", "--dataset", "nothing"], "There is no run of a dataset 'nothing'"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(blooms: Dataset, arguments: list[str], says: str) -> None:
    done = blooms.call(*arguments)
    assert done.returncode == 3
    assert says in done.stderr
    assert "Traceback" not in done.stderr
