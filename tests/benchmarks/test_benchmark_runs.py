"""Each benchmark on the smallest files that say anything: that it measures what it says, not how long that takes."""

from pathlib import Path

import pytest
from benchmarks import check, distributed, evaluate, launch, train
from benchmarks.made_data import MIXED, NUMERIC, Made
from benchmarks.processes import Used, peers_absent
from benchmarks.results import Measured
from benchmarks.tables import report
from benchmarks.trainings import CONTAINER, OURS, WAYS, Task

PEERS_ABSENT = peers_absent()
needs_peers = pytest.mark.skipif(PEERS_ABSENT is not None, reason=str(PEERS_ABSENT))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINDROP_BENCHMARKS", str(tmp_path / "made"))


@needs_peers
@pytest.mark.parametrize(
    ("kind", "ways"), [(MIXED, set(WAYS) - {CONTAINER}), (NUMERIC, {OURS, CONTAINER})], ids=["mixed", "numeric"]
)
def test_every_way_of_training_leaves_a_model_that_is_scored_on_the_same_rows(kind: Made, ways: set[str]) -> None:
    task = Task(kind, 600, rounds=10, depth=3, held_out_rows=500)
    results = train.measure([task], 1, sorted(ways), peers=True)
    assert {each.way for each in results.measured} == ways
    for each in results.measured:
        assert 0.55 < each.more["auc"] < 1, each.way
        assert each.more["auc_low"] < each.more["auc"] < each.more["auc_high"]
        assert each.cpu_seconds > 0
        assert each.peak_mb > 50
    text = report(results, {train.case_of(task): train.against(task)}, train.COLUMNS)
    assert text.splitlines()[0].endswith("| AUC on held-out rows |")


def test_without_the_peers_ours_is_measured_alone() -> None:
    results = train.measure([Task(MIXED, 300, rounds=5, depth=2, held_out_rows=200)], 1, [OURS], peers=False)
    assert [each.way for each in results.measured] == [OURS]
    assert results.measured[0].more["features"] > 20


@needs_peers
def test_all_ways_of_scoring_have_the_same_metrics(tmp_path: Path) -> None:
    results, differences = evaluate.measure(tmp_path, [400], 1, (), peers=True)
    assert differences == []
    assert {each.way for each in results.measured} == set(evaluate.WAYS)
    by_pandas = results.find("400 rows", evaluate.PANDAS)
    assert by_pandas is not None
    assert by_pandas.more["metrics"].keys() >= {"auc", "log_loss", "accuracy", "f1", "brier"}


def test_a_metric_that_differs_between_ways_is_told() -> None:
    run = Used(0, 1, 1, 1)
    ways = {evaluate.ARROW: 0.8, evaluate.STANDARD: 0.8, evaluate.PANDAS: 0.81}
    measured = [Measured("300 rows", 300, way, [run], {"metrics": {"auc": auc}}) for way, auc in ways.items()]
    (told,) = evaluate.differences(measured)
    assert told == f"DIFFERENT auc of 300 rows: 0.81 by {evaluate.PANDAS}, 0.8 by {evaluate.ARROW}"


def test_a_check_fetches_the_same_megabyte_of_a_file_of_any_size() -> None:
    found = {(each.way, each.size): each.more for each in check.measure([5_000_000, 500_000_000], 1)}
    launcher = [found[check.WAYS["check"], size] for size in (5_000_000, 500_000_000)]
    assert [more["fetched"] for more in launcher] == [1024**2] * 2
    assert launcher[0]["learned"]["columns"] == 32
    assert found[check.WAYS["whole"], 500_000_000]["fetched"] == 500_000_000
    assert found[check.WAYS["look"], 500_000_000]["fetched"] < 20_000_000


@pytest.mark.skipif("sys.platform != 'linux'", reason="several instances need Linux's loopback")
def test_two_instances_leave_the_model_of_one() -> None:
    results = distributed.measure([Task(MIXED, 600, rounds=10, depth=3, held_out_rows=200)], 1)
    assert [goal.verdict for goal in results.goals] == ["met"]
    assert {each.way for each in results.measured} == {
        distributed.ONE, distributed.ONE_THREAD, distributed.TOGETHER, distributed.LARGER,
    }  # fmt: skip


def test_our_launcher_asks_sagemaker_for_a_job_once_in_a_cold_process(tmp_path: Path) -> None:
    results = launch.measure(tmp_path, 1, {launch.OURS, launch.BOTO3})
    ours, alone = results.measured
    assert (ours.way, alone.way) == (launch.OURS, launch.BOTO3)
    assert 0 < ours.seconds < ours.runs[0].seconds + 1
    assert [goal.verdict for goal in results.goals] == ["not measured"]
