"""A dataset's champions over time, and the plot of them."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from tests.builders import a_run

from traindrop.run import Run, Status
from traindrop.verdict import Verdict
from traindrop_cli.ui.champions import history, plot

START = datetime(2026, 11, 12, 8, tzinfo=UTC)


def a_tested_run(name: str, minutes: float, auc: float | None, *, became: bool) -> Run:
    verdict = Verdict(outcome="better" if became else "no difference", becomes_champion=became, text="")
    return a_run(run=name, status=Status.EVALUATED, metrics={"auc": auc}, comparison=verdict,
                 evaluated_at=START + timedelta(minutes=minutes))  # fmt: skip


RUNS = [
    a_tested_run("c", 90, 0.8, became=False),
    a_tested_run("b", 30, 0.9, became=True),
    a_tested_run("a", 0, 0.7, became=True),
]


def test_tested_runs_come_in_the_order_of_their_tests() -> None:
    found = history([*RUNS, a_tested_run("undefined", 5, None, became=False), a_run()], "auc")
    assert [(each.run, each.became) for each in found] == [("a", True), ("b", True), ("c", False)]


def test_each_run_is_a_mark_that_says_which_and_the_champion_is_a_line() -> None:
    drawn = plot(history(RUNS, "auc"), "auc")
    assert drawn is not None
    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own
    hints = [title.text for title in root.findall(".//{*}title")]
    assert hints == ["a: auc 0.7, 2026-11-12 08:00 UTC", "b: auc 0.9, 2026-11-12 08:30 UTC",
                     "c: auc 0.8, 2026-11-12 09:30 UTC"]  # fmt: skip
    assert [text.text for text in root.findall(".//{*}text") if ":" in (text.text or "")] == [
        "08:00",
        "08:30",
        "09:00",
        "09:30",
    ]
    assert "reference" in drawn


def test_one_run_is_no_history_and_equal_values_at_one_moment_are_drawn_all_the_same() -> None:
    assert plot(history(RUNS[:1], "auc"), "auc") is None
    same = [a_tested_run(name, 0, 1.0, became=name == "a") for name in "ab"]
    assert "circle" in str(plot(history(same, "auc"), "auc"))
