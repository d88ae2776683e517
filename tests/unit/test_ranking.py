"""The order of a dataset's runs, and which of them can be ordered at all."""

from datetime import timedelta
from typing import Any

from tests.builders import a_run

from traindrop.run import Run, Status
from traindrop_cli.ranking import main_metric, ranked


def scored(name: str, minute: int = 0, **changes: Any) -> Run:
    run = a_run(run=name, status=Status.EVALUATED, main_metric="auc", test_digest="sha256:0", **changes)
    return run.model_copy(update={"created_at": run.created_at + timedelta(minutes=minute)})


def board(runs: list[Run], metric: str = "auc", champion: str | None = None) -> list[tuple[str, int | None, bool]]:
    return [(each.run.run, each.place, each.is_champion) for each in ranked(runs, metric, champion)]


def test_the_best_comes_first_and_the_champion_is_marked_wherever_it_stands() -> None:
    runs = [scored("a", metrics={"auc": 0.8}), scored("b", metrics={"auc": 0.9}), scored("c", metrics={"auc": 0.7})]
    assert board(runs, champion="a") == [("b", 1, False), ("a", 2, True), ("c", 3, False)]


def test_of_an_error_the_least_is_the_best() -> None:
    runs = [scored("a", metrics={"rmse": 2.0}), scored("b", metrics={"rmse": 1.0})]
    assert board(runs, "rmse") == [("b", 1, False), ("a", 2, False)]


def test_who_was_tested_on_other_rows_follows_without_a_place() -> None:
    runs = [
        scored("old", metrics={"auc": 0.99}, test_etag="1").model_copy(update={"test_digest": "sha256:1"}),
        scored("champion", metrics={"auc": 0.8}),
        scored("new", 1, metrics={"auc": 0.7}),
    ]
    assert board(runs, champion="champion") == [("champion", 1, True), ("new", 2, False), ("old", None, False)]
    # Without a champion it goes by the newest.
    assert board(runs) == [("champion", 1, False), ("new", 2, False), ("old", None, False)]


def test_a_run_from_before_there_were_digests_is_known_by_its_file() -> None:
    runs = [
        scored("a", metrics={"auc": 0.8}, test_etag="1"),
        scored("before", metrics={"auc": 0.9}, test_etag="1").model_copy(update={"test_digest": None}),
    ]
    assert board(runs, champion="a") == [("before", 1, False), ("a", 2, True)]


def test_who_lacks_the_metric_is_left_out() -> None:
    runs = [scored("a", metrics={"auc": 0.8}), scored("b", metrics={"auc": None}), scored("c", validation={"auc": 0.9})]
    assert board(runs) == [("a", 1, False)]
    assert board([], champion=None) == []


def test_the_metric_is_the_champion_s_and_else_the_newest_run_s() -> None:
    one, other = scored("a", metrics={"auc": 1}), scored("b", 1, metrics={"f1": 1})
    other = other.model_copy(update={"main_metric": "f1"})
    assert main_metric([one, other], "a") == "auc"
    assert main_metric([one, other], None) == "f1"
    assert main_metric([scored("c")], None) is None
