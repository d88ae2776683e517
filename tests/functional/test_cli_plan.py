"""`traindrop plan` where nobody can be asked: a process of its own, without credentials, stack or network."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.builders import CSV
from tests.functional.test_cli_commands import Traindrop, caller


@pytest.fixture
def traindrop(tmp_path: Path) -> Traindrop:
    return caller(tmp_path / "home")


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "flowers.csv"
    file.write_bytes(CSV.replace(b"species", b"target", 1))
    return file


def planned(traindrop: Traindrop, *arguments: object) -> dict[str, Any]:
    done = traindrop("plan", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def config(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "training.yaml"
    file.write_text(text, "utf-8")
    return file


def test_a_plan_tells_findings_place_request_time_and_cost(traindrop: Traindrop, csv: Path) -> None:
    plan = planned(traindrop, csv, "--dataset", "flowers")
    assert plan["file"] == "flowers.csv"
    assert (plan["place"]["instance_type"], plan["place"]["memory_mb"]) == ("lambda", 1769)
    # Where the run goes on if it meets a limit of Lambda's.
    assert plan["place"]["else_on"] == plan["request"]["ResourceConfig"]["InstanceType"] == "ml.m5.large"
    assert plan["request"]["TrainingJobName"] == plan["run"]
    assert 0 < plan["expected"]["seconds"] < 30
    assert 0 < float(plan["expected"]["usd"]) < float(plan["expected"]["worst_usd"])
    assert [column["name"] for column in plan["columns"]] == csv.read_text("utf-8").splitlines()[0].split(",")


def test_an_instance_has_to_start_however_short_the_training_is(
    traindrop: Traindrop, csv: Path, tmp_path: Path
) -> None:
    plan = planned(traindrop, csv, "--config", config(tmp_path, "instance_type: ml.m5.large\n"))
    assert plan["place"]["instance_type"] == plan["request"]["ResourceConfig"]["InstanceType"] == "ml.m5.large"
    assert 190 < plan["expected"]["seconds"] < 260


def test_a_person_reads_it_without_a_traceback_and_is_told_what_no_stack_said(traindrop: Traindrop, csv: Path) -> None:
    done = traindrop("plan", csv, "--compare")
    assert done.returncode == 0, done.stderr
    for part in ("place", "cost", "quota", "results", "1 x ml.m5.xlarge", "2 x ml.m5.large", "No stack was asked"):
        assert part in done.stdout


def test_the_request_is_the_last_thing_that_is_printed_and_is_json(traindrop: Traindrop, csv: Path) -> None:
    _, _, text = traindrop("plan", csv).stdout.partition("CreateTrainingJob request:\n")
    request, end = json.JSONDecoder().raw_decode(text)
    assert request["ResourceConfig"]["InstanceCount"] == 1
    assert text[end:].strip().startswith("No stack was asked")


def test_alternatives_cost_and_take_what_the_estimate_says(traindrop: Traindrop, csv: Path) -> None:
    options = {each["place"]: each for each in planned(traindrop, csv, "--compare")["alternatives"]}
    one, two = options["1 x ml.m5.large"], options["2 x ml.m5.large"]
    assert float(two["usd"]) == pytest.approx(2 * float(one["usd"]), rel=0.05)
    assert two["seconds"] <= one["seconds"]


def test_what_would_be_rejected_says_so_with_the_message_of_the_check(traindrop: Traindrop, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("a,b\n1,2\n", "utf-8")
    done = traindrop("plan", file)
    assert done.returncode == 2
    assert "which column is to be predicted?" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_ceiling_below_the_worst_case_is_told_before_anything_is_dropped(
    traindrop: Traindrop, csv: Path, tmp_path: Path
) -> None:
    text = "instance_type: ml.m5.large\nmax_runtime: 1h\nmax_cost_usd: 0.01\n"
    done = traindrop("plan", csv, "--config", config(tmp_path, text))
    assert done.returncode == 2
    assert "max_cost_usd is $0.01" in done.stdout


def test_a_warm_pool_has_its_cost_and_its_quota(traindrop: Traindrop, csv: Path, tmp_path: Path) -> None:
    text = "instance_type: ml.m5.large\nkeep_alive: 1h\n"
    done = traindrop("plan", csv, "--config", config(tmp_path, text))
    assert "up to $0.115 more" in done.stdout
    assert "ml.m5.large for training warm pool usage" in done.stdout


def test_a_script_that_was_not_measured_has_no_estimate_but_a_worst_case(
    traindrop: Traindrop, csv: Path, tmp_path: Path
) -> None:
    done = traindrop("plan", csv, "--config", config(tmp_path, "framework: sklearn\n"))
    assert "not estimated; at worst $0.115" in done.stdout


def test_a_file_that_is_not_there_is_a_wrong_call(traindrop: Traindrop) -> None:
    done = traindrop("plan", "nothing.csv")
    assert done.returncode == 3
    assert "nothing.csv: there is no such file." in done.stderr


TUNED = """\
target: target
hyperparameters: {max_depth: 4}
tuning:
  max_jobs: 6
  max_parallel: 3
  ranges:
    max_depth: {min: 2, max: 8}
    eta: {min: 0.01, max: 0.3, scale: log}
    subsample: [0.5, 0.8]
"""


def test_a_tuning_is_planned_with_its_ranges_and_what_all_of_it_costs(
    traindrop: Traindrop, csv: Path, tmp_path: Path
) -> None:
    plan = planned(traindrop, csv, "--config", config(tmp_path, TUNED))
    single = planned(traindrop, csv, "--config", config(tmp_path, "target: target\n"))
    assert plan["request"]["HyperParameterTuningJobName"] == plan["run"]
    assert plan["defaults_request"]["TrainingJobName"] == f"{plan['run']}-defaults"
    assert float(plan["expected"]["worst_usd"]) == pytest.approx(7 * float(single["expected"]["worst_usd"]))
    # Two after the other, of which each may have deeper trees than the single one.
    assert plan["expected"]["seconds"] == pytest.approx(2 * single["expected"]["seconds"], rel=0.1)
    ranges = plan["tuning"].pop("ranges")
    assert plan["tuning"] == {
        "strategy": "bayesian", "objective": "validation:auc", "direction": "maximize", "trials": 6, "parallel": 3,
        "early_stopping": True,
    }  # fmt: skip
    assert ranges[0] == {
        "name": "max_depth", "kind": "integer", "low": 2, "high": 8, "log": False, "values": None, "default": 4
    }  # fmt: skip
    assert (ranges[1]["log"], ranges[1]["default"]) == (True, 0.1)
    assert (ranges[2]["values"], ranges[2]["low"], ranges[2]["default"]) == ([0.5, 0.8], None, 0.8)


def test_a_person_reads_what_is_searched_before_the_requests(traindrop: Traindrop, csv: Path, tmp_path: Path) -> None:
    done = traindrop("plan", csv, "--config", config(tmp_path, TUNED))
    assert done.returncode == 0, done.stderr
    before, _, requests = done.stdout.partition("CreateTrainingJob request of the trial with the defaults:\n")
    assert "bayesian: 6 trials beside the one with the defaults, 3 at a time" in before
    for part in ("validation:auc, more is better", "for 7 trials; at worst", "0.01 to 0.3", "0.5, 0.8", "each trial"):
        assert part in before
    assert "4 of the account's concurrent Lambda executions" in before
    assert "CreateHyperParameterTuningJob request:" in requests


def test_a_single_run_has_no_word_of_tuning(traindrop: Traindrop, csv: Path) -> None:
    assert not {"tuning", "defaults_request"} & set(planned(traindrop, csv))
    assert "trial" not in traindrop("plan", csv).stdout
