"""What is made of measurements: ratios, goals, tables, straight lines, the page of tables."""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks import train
from benchmarks.growth import line
from benchmarks.processes import Failed, Used, alternating, python, run
from benchmarks.results import Goal, Measured, Results, ratio, read, write
from benchmarks.scale import TABLES, filled
from benchmarks.scale_of_files import holds
from benchmarks.tables import report
from benchmarks.trainings import ONE_HOT, OURS

CASE = train.MIXED_2M


def measured(way: str, seconds: tuple[float, ...], peak_mb: float, **more: float) -> Measured:
    runs = [Used(0, each, each * 2, round(peak_mb * 1e6)) for each in seconds]
    told = {"auc": 0.8, "auc_low": 0.79, "auc_high": 0.81, "features": 31, "bytes": 500_000_000, **more}
    return Measured(CASE, 2_000_000, way, runs, told)


RESULTS = Results(
    "train", [measured(OURS, (4.0, 5.0, 9.0), 100, auc=0.78, auc_high=0.79), measured(ONE_HOT, (10.0,), 1000)], ()
)


def test_ratios_are_of_medians_and_goals_are_held_against_them() -> None:
    assert ratio(RESULTS.find(CASE, OURS), RESULTS.find(CASE, ONE_HOT), "seconds") == 0.5
    goals = {goal.text: goal.verdict for goal in train.goals(RESULTS)}
    assert goals == {f"time, × {ONE_HOT}": "NOT met", f"memory, × {ONE_HOT}": "met"}


def test_a_model_that_is_worse_than_a_peers_beyond_its_interval_misses_the_goal() -> None:
    (goal,) = train.auc_goals(RESULTS.measured)
    assert goal.verdict == "NOT met"
    (goal,) = train.auc_goals([measured(OURS, (1,), 1, auc=0.795, auc_high=0.805), RESULTS.measured[1]])
    assert goal.verdict == "met"


def test_a_goal_whose_peer_was_left_out_is_neither_met_nor_missed() -> None:
    alone = replace(RESULTS, measured=RESULTS.measured[:1])
    assert {goal.verdict for goal in train.goals(alone)} == {"not measured"}
    assert list(train.auc_goals(alone.measured)) == []


def test_the_table_puts_ratios_first_and_the_goals_below() -> None:
    text = report(replace(RESULTS, goals=[Goal(CASE, "time", 0.4, 0.5)]), {CASE: ONE_HOT}, train.COLUMNS)
    header, _, ours, *_ = text.splitlines()
    assert header.startswith(f"| {CASE} | time, × {ONE_HOT} | user + system, × | memory, × | seconds |")
    assert ours.startswith("| ours | 0.50 | 0.50 | 0.10 | 5.00 (4.00–9.00) | 10.00 | 100 | 0.7800 ")
    assert "| time | ≤ 0.4 | 0.5 | NOT met |" in text


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = replace(RESULTS, goals=list(train.goals(RESULTS)), told=["a word"])
    write(written, tmp_path / "train.json")
    found = read("train", tmp_path)
    assert found == written
    assert read("none", tmp_path) is None


def test_a_line_goes_through_the_two_largest_files() -> None:
    sizes = [(0.1, 50.0), (1.0, 60.0), (2.0, 80.0)]
    found = line(
        Results("train", [measured(OURS, (s,), 1, bytes=gb * 1e9) for gb, s in sizes], ()), "mixed", OURS, "seconds"
    )
    assert found is not None
    assert (found.fixed, found.per_gb) == pytest.approx((40.0, 20.0))
    assert found.at(10) == pytest.approx(240)
    assert line(RESULTS, "mixed", OURS, "seconds") is None


def test_the_machine_that_holds_a_training_has_a_margin() -> None:
    assert [getattr(holds(megabytes), "name", None) for megabytes in (100, 6_500, 1_000_000)] == [
        "ml.m5.large", "ml.m5.xlarge", None,
    ]  # fmt: skip


def test_the_page_keeps_its_text_and_gets_every_table_anew() -> None:
    page = "before\n<!-- table: one file -->\nold\n<!-- end -->\nafter\n"
    found = filled(page)
    assert found.startswith("before\n<!-- table: one file -->\n| part |")
    assert found.endswith("|\n<!-- end -->\nafter\n")
    assert filled(found) == found
    kept = (Path(__file__).parents[2] / "docs" / "scale.md").read_text("utf-8")
    assert all(f"<!-- table: {name} -->" in kept for name in TABLES)


def test_what_a_process_takes_is_its_own_and_not_what_its_parent_had_before() -> None:
    ballast = bytearray(300 * 1024**2)
    used = run(python("benchmarks.stub_s3"))
    assert len(ballast) > used.peak_bytes
    assert used.peak_bytes > 5e6


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(Failed, match="No module named"):
        run(python("benchmarks.none"))


def test_ways_are_run_by_turns() -> None:
    order: list[str] = []

    def once(name: str) -> Used:
        order.append(name)
        return Used(0, 0, 0, 0)

    used = alternating({"a": lambda: once("a"), "b": lambda: once("b")}, 2)
    assert {name: len(each) for name, each in used.items()} == {"a": 2, "b": 2}
    assert order == ["a", "b", "a", "b"]
