"""The states of a run as its page shows them."""

from datetime import timedelta

from tests.builders import a_run

from traindrop.run import Status
from traindrop_cli.ui.timeline import going_on, marks

RUN = a_run(columns=3, rows=60, target="species", task="binary", instance_type="ml.m5.large")
START = RUN.created_at


def test_each_state_has_its_time_since_the_upload_and_since_the_one_before() -> None:
    run = RUN.model_copy(update={"status": Status.IN_PROGRESS, "checked_at": START + timedelta(seconds=1),
                                 "launched_at": START + timedelta(seconds=90)})  # fmt: skip
    found = [(mark.name, mark.at, mark.took) for mark in marks(run)]
    later = [("checked", "1.0 s", "1.0 s"), ("launched", "1 min 30 s", "1 min 29 s")]
    assert found == [("uploaded", "0.0 s", "0.0 s"), *later]
    assert going_on(run, marks(run), []) == "waiting for the instance"


def test_a_run_that_waits_says_what_for_and_where_it_stands() -> None:
    run = RUN.model_copy(update={"checked_at": START, "waits_for": "a free instance"})
    assert going_on(run, marks(run), []) == "1st in line for ml.m5.large, waits for a free instance"
    assert going_on(RUN, marks(RUN), []) == "launching"


def test_an_end_that_is_no_success_is_marked_and_nothing_goes_on_after_the_message() -> None:
    ended = {"status": Status.STOPPED, "ended_at": START + timedelta(seconds=5)}
    run = RUN.model_copy(update=ended)
    assert [mark.name for mark in marks(run) if mark.is_bad] == ["stopped"]
    assert going_on(run, marks(run), []) == "notifying"
    told = run.model_copy(update={"notified_at": START + timedelta(seconds=6)})
    assert going_on(told, marks(told), []) is None
