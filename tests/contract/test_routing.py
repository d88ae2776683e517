"""Which rule of template.yaml takes which event: exactly one rule for each, and none for other stacks' events."""

from typing import Any

import pytest
from moto.events.models import EventPattern
from tests.conftest import ROOT, LoadEvent
from tests.contract.template import BUCKET, pattern_of, rules

# The function's one rule for each sample of events/; None where no rule may match.
ROUTES = {
    "s3_object_created": "Launcher.Dropped",
    "s3_object_created_config": "Launcher.Dropped",
    "training_job_in_progress": None,
    "training_job_completed": "Evaluator.TrainingCompleted",
    "training_job_failed": "Notifier.TrainingEndedBadly",
    "training_job_stopped": "Notifier.TrainingEndedBadly",
    "run_rejected": "Notifier.RunEnded",
    "launch_failed": "Notifier.RunEnded",
    "model_evaluated": "Notifier.RunEnded",
    "evaluation_failed": "Notifier.RunEnded",
}
# These two come by SNS and by a bucket's own notification: no rule has a part in it.
NOT_BY_RULE = {"function_gave_up", "s3_notification"}


def taken_by(event: dict[str, Any]) -> list[str]:
    return [rule for rule in rules() if EventPattern.load(pattern_of(rule)).matches_event(event)]


def test_every_sample_is_routed_here_and_every_rule_has_a_sample() -> None:
    assert {path.stem for path in (ROOT / "events").glob("*.json")} == ROUTES.keys() | NOT_BY_RULE
    assert set(ROUTES.values()) - {None} == set(rules())


@pytest.mark.parametrize("name", ROUTES)
def test_a_sample_is_taken_by_its_rule_and_by_no_other(load_event: LoadEvent, name: str) -> None:
    assert taken_by(load_event(name)) == [rule for rule in [ROUTES[name]] if rule]


@pytest.mark.parametrize(
    "key",
    ["datasets/a b+c/train/100% \"x\".csv", "datasets/gemüse/train/a.csv", "datasets/a/train/b/c.parquet",
     "datasets/a/training.yaml"],
)  # fmt: skip
def test_every_upload_that_needs_an_answer_is_taken(load_event: LoadEvent, key: str) -> None:
    event = load_event("s3_object_created")
    event["detail"]["object"]["key"] = key
    assert taken_by(event) == ["Launcher.Dropped"]


@pytest.mark.parametrize(
    "key",
    ["datasets/a/test/a.csv", "runs/a/evaluation.json", "code/a/sourcedir.tar.gz", "datasets/a/train.csv",
     "runs/train/output/model.tar.gz"],
)  # fmt: skip
def test_nothing_that_traindrop_writes_itself_and_no_test_file_sets_it_off(load_event: LoadEvent, key: str) -> None:
    event = load_event("s3_object_created")
    event["detail"]["object"]["key"] = key
    assert taken_by(event) == []


@pytest.mark.parametrize("name", ["s3_object_created", "s3_object_created_config"])
def test_an_upload_to_another_bucket_is_not_taken(load_event: LoadEvent, name: str) -> None:
    event = load_event(name)
    event["detail"]["bucket"]["name"] = f"{BUCKET}-other"
    assert taken_by(event) == []


@pytest.mark.parametrize("name", ["training_job_completed", "training_job_failed", "training_job_stopped"])
@pytest.mark.parametrize("job", ["titanic-0123456789ab", "other-traindrop-titanic", "traindropping-titanic"])
def test_jobs_of_others_are_not_taken(load_event: LoadEvent, name: str, job: str) -> None:
    event = load_event(name)
    event["detail"]["TrainingJobName"] = job
    assert taken_by(event) == []


@pytest.mark.parametrize("name", ["run_rejected", "launch_failed", "model_evaluated", "evaluation_failed"])
def test_events_of_another_stack_are_not_taken(load_event: LoadEvent, name: str) -> None:
    assert taken_by({**load_event(name), "source": "traindrop.traindrop-staging"}) == []
