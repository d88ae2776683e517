"""What the burst benchmark takes for true: a single thing out of place breaks a claim."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from benchmarks.burst_claims import Found, Job, claims, displacements, longest_line, most_at_once
from tests.builders import a_run

from traindrop.run import Status

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def name(number: int) -> str:
    return f"traindrop-d{number}-0123456789ab"


RUNS = [
    a_run(run=name(n), key=f"datasets/d{n}/train/data.csv", status=Status.EVALUATED, created_at=at(n)) for n in range(3)
]
# One instance: each begins at the moment at which the one before has ended.
JOBS = [Job(name(n), at(10 + n), at(11 + n)) for n in range(3)]
FOUND = Found(3, 1, RUNS, JOBS, Counter(run.run for run in RUNS), dead_letters=0)


def broken(found: Found) -> list[str]:
    return [claim.text for claim in claims(found) if not claim.holds]


def test_a_burst_of_which_all_is_well_breaks_no_claim() -> None:
    assert broken(FOUND) == []


@pytest.mark.parametrize(
    ("changed", "claim"),
    [
        ({"runs": [*RUNS[:2], RUNS[2].model_copy(update={"status": Status.COMPLETED})]}, "every upload is evaluated"),
        ({"runs": [*RUNS[:2], RUNS[2].model_copy(update={"key": RUNS[0].key})]}, "one run for each upload"),
        ({"jobs": [*JOBS, Job(name(0) + "-r2", at(20), at(21))]}, "one training job for each run"),
        ({"jobs": JOBS[:2]}, "one training job for each run"),
        ({"messages": FOUND.messages + Counter([name(1)])}, "one message for each run"),
        ({"messages": Counter([name(0), name(1), "none in: …"])}, "one message for each run"),
        ({"jobs": [*JOBS[:2], Job(name(2), at(11.9), at(13))]}, "never more than 1 jobs at once"),
        ({"jobs": [Job(name(0), at(10), None), *JOBS[1:]]}, "never more than 1 jobs at once"),
        ({"dead_letters": 1}, "no dead letters"),
    ],
)
def test_one_thing_out_of_place_breaks_its_claim(changed: dict[str, object], claim: str) -> None:
    assert broken(replace(FOUND, **changed)) == [claim]  # type: ignore[arg-type]


def test_a_burst_of_which_nothing_came_breaks_claims() -> None:
    assert len(broken(Found(3, 1, [], [], Counter(), dead_letters=0))) == 4


def test_a_job_is_there_from_its_creation_to_its_end_also_where_it_never_began_to_train() -> None:
    told = {"TrainingJobName": "a", "CreationTime": at(0), "LastModifiedTime": at(9)}
    assert Job.of({**told, "TrainingJobStatus": "InProgress"}) == Job("a", at(0), None)
    assert Job.of({**told, "TrainingJobStatus": "Stopped"}) == Job("a", at(0), at(9))
    assert Job.of({**told, "TrainingJobStatus": "Completed", "TrainingEndTime": at(8)}) == Job("a", at(0), at(8))


def test_what_ends_as_another_begins_is_not_there_at_once() -> None:
    assert most_at_once([(at(0), at(2)), (at(2), at(3)), (at(1), None)]) == 2
    assert most_at_once([]) == 0


def test_who_was_launched_before_those_that_came_earlier_moved_them_back_by_one_place() -> None:
    went = [Job(name(2), at(10), at(11)), Job(name(0), at(11), at(12)), Job(name(1), at(12), at(13))]
    assert displacements(RUNS, JOBS) == [0, 0, 0]
    assert sorted(displacements(RUNS, went)) == [1, 1, 2]


def test_the_line_is_of_those_that_came_and_have_no_job_yet() -> None:
    assert longest_line(RUNS, JOBS) == 3
    assert longest_line(RUNS, [Job(name(n), at(n + 0.5), None) for n in range(2)]) == 1
