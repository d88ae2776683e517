"""What the benchmark of tuned drops shows, and that the README has what it measured."""

import json
from pathlib import Path

from benchmarks import tuned
from benchmarks.processes import ROOT
from benchmarks.results import FOLDER

RESULTS = json.loads((FOLDER / "tuned.json").read_text("utf-8"))


def test_the_readme_has_the_table_of_the_results() -> None:
    assert tuned.table(RESULTS["found"]) in (ROOT / "README.md").read_text("utf-8")


def test_every_result_has_its_twenty_trials_and_the_one_with_the_defaults() -> None:
    assert RESULTS["trials"] == tuned.TRIALS
    assert {len(found["tuning"]["trials"]) for found in RESULTS["found"].values()} == {tuned.TRIALS + 1}


def test_defaults_that_are_the_best_themselves_have_no_difference() -> None:
    found = RESULTS["found"]["diabetes"]
    best = {"outcome": "defaults are best", "text": "…"}
    row = tuned.table({"made": {**found, "value": 54.0, "tuning": {**found["tuning"], "gain": best}}}).splitlines()[-1]
    assert row.endswith("| rmse | 54 | 54 | +0 (+0 to +0) | defaults are best |")


def test_the_diabetes_data_are_split_once_and_for_all(tmp_path: Path) -> None:
    train, test = (path.read_text("utf-8").splitlines() for path in tuned.write_diabetes(tmp_path))
    assert (len(train), len(test)) == (333, 111)
    assert train[0] == test[0]
    assert not set(train[1:]) & set(test[1:])
