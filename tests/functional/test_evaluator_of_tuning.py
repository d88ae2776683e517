"""A tuned run from its end to its evaluation, report and message; the models are the real training script's."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import boto3
import pytest
from tests.builders import a_run, stored
from tests.functional.archives import Archives, packed, trained
from tests.functional.conftest import BUCKET, Account
from tests.tuned import BEGAN, JOB, OBJECTIVE, a_trial, a_tuning_request

from traindrop import aws, training_jobs, tunings
from traindrop.evaluating import evaluate
from traindrop.events import TuningJob
from traindrop.ledger import Ledger
from traindrop.notifying import message_of
from traindrop.run import Run, Status
from traindrop.settings import EvaluatorSettings
from traindrop.trial import Trial, best

TEST_KEY = "datasets/flowers/test/held_out.csv"


def flowers(rows: int, seed: int) -> bytes:
    """Noisy ones: no model knows all of them."""
    chance, lines = Random(seed), ["length,width,species"]  # noqa: S311 - data for tests
    for _ in range(rows):
        length, width = chance.gauss(5, 1), chance.gauss(3, 1)
        lines.append(f"{length:.3f},{width:.3f},{'tulip' if length * width + chance.gauss(0, 3) > 15 else 'rose'}")
    return "\n".join(lines).encode()


TRAIN, TEST = flowers(600, 1), flowers(300, 2)


class Carrier:
    """Whoever carried a tuning out: what it says of the tuning job and of its trials."""

    def __init__(self, trials: list[Trial]) -> None:
        self.given = trials

    def describe(self, run: Run, _ledger: Ledger) -> TuningJob:
        found = best(self.given, "maximize")
        return TuningJob(
            training_job_name=run.job,
            training_job_status="Completed" if found else "Failed",
            best_trial=found.job if found else None,
            trials_with_value=sum(trial.counts for trial in self.given),
            training_start_time=BEGAN,
            training_end_time=BEGAN,
            billable_time_in_seconds=300,
        )

    def trials(self, _run: Run, _ledger: Ledger) -> tuple[Trial, ...]:
        return tuple(self.given)


class Tuned:
    """A run whose tuning has ended with these trials."""

    def __init__(self, account: Account, carrier: Carrier) -> None:
        self.account, self.carrier = account, carrier

    def lies_ready(self, models: dict[int, Archives], **changes: Any) -> None:
        given: dict[str, Any] = {
            "bucket": BUCKET, "status": Status.IN_PROGRESS, "test_key": TEST_KEY, "size": len(TRAIN), "rows": 600,
            "max_trials": 3, "objective": OBJECTIVE, "direction": "maximize", "launched_at": BEGAN,
        }  # fmt: skip
        run = stored(self.account.ledger, a_run(**{**given, **changes}))
        self.account.put(TEST_KEY, TEST)
        self.account.put(run.input_key(run.key, "train"), TRAIN)
        request = a_tuning_request()
        aws.put_json(BUCKET, run.request_key, request)
        aws.put_json(BUCKET, run.defaults_request_key, request["TrainingJobDefinition"])
        for number, archives in models.items():
            job = next(trial.job for trial in self.carrier.given if trial.number == number)
            self.account.put(run.trial_key(job, "model.tar.gz"), archives.model)
            self.account.put(run.trial_key(job, "output.tar.gz"), archives.output)

    def ends(self) -> Status | None:
        return evaluate(JOB, EvaluatorSettings.from_env())

    @property
    def run(self) -> Run:
        return self.account.ledger.stored(JOB)

    def read(self, file: str) -> str:
        body = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"runs/{JOB}/{file}")["Body"].read()
        return str(body.decode())

    def evaluation(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read("evaluation.json"))
        return found


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    return trained(tmp_path_factory.mktemp("good"), TRAIN, max_depth="3", eta="0.1")


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    return trained(tmp_path_factory.mktemp("poor"), TRAIN, max_depth="1", num_round="1")


@pytest.fixture
def tuned(account: Account, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Tuned]:
    def of(*trials: Trial) -> Tuned:
        carrier = Carrier(list(trials))
        for module in (training_jobs, tunings):
            monkeypatch.setattr(module, "tunings_of", lambda _run: carrier)
        return Tuned(account, carrier)

    return of


DEFAULTS, BEST = a_trial(0, objective=0.8), a_trial(2, objective=0.9)
OTHERS = a_trial(1, status="failed", objective=None, reason="no memory"), a_trial(3, status="stopped early")


def test_the_best_trials_model_is_evaluated_and_compared_with_the_defaults_on_the_same_rows(
    tuned: Callable[..., Tuned], good: Archives, poor: Archives
) -> None:
    found = tuned(DEFAULTS, BEST, *OTHERS)
    found.lies_ready({0: poor, 2: good})
    assert found.ends() == Status.EVALUATED
    evaluation, run = found.evaluation(), found.run
    tuning = evaluation["tuning"]
    assert evaluation["schema"] == 1
    assert evaluation["model"].endswith(f"/trials/{BEST.job}/output/model.tar.gz")
    assert (tuning["best"], len(tuning["trials"]), tuning["strategy"]) == (2, 4, "bayesian")
    assert tuning["gain"]["value"] == pytest.approx(evaluation["metrics"]["auc"])
    assert (tuning["gain"]["outcome"], tuning["gain"]["rows"]) == ("better", 300)
    assert run.tuning is not None
    assert (run.tuning.failed, run.tuning.stopped_early, run.tuning.best) == (1, 1, 2)
    assert run.tuning.hyperparameters == BEST.hyperparameters
    assert (run.best_trial, run.trials_with_value) == (BEST.job, 2)


def test_the_message_the_chat_and_the_report_tell_of_the_whole_once(
    tuned: Callable[..., Tuned], good: Archives, poor: Archives
) -> None:
    found = tuned(DEFAULTS, BEST, *OTHERS)
    found.lies_ready({0: poor, 2: good})
    found.ends()
    body = message_of(found.run).body
    assert "Better than the defaults: auc" in body
    assert "3 trials beside the defaults (1 failed, 1 stopped early). The best is trial 2" in " ".join(body.split())
    page = found.read("report.html")
    assert '<section class="wide' in page
    assert "<dt>max_depth</dt><dd>6</dd>" in page
    assert "a secret" not in page
    (event,) = found.account.events()
    assert event["detail-type"] == "Model Evaluated"


def test_it_becomes_champion_and_goes_to_the_registry_with_the_best_trials_model_and_its_image(
    tuned: Callable[..., Tuned], good: Archives, poor: Archives
) -> None:
    found = tuned(DEFAULTS, BEST, *OTHERS)
    found.lies_ready({0: poor, 2: good})
    found.ends()
    assert found.account.ledger.champion("flowers") == JOB
    package = boto3.client("sagemaker").describe_model_package(ModelPackageName=found.run.model_package or "")
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["Image"] == "sagemaker-xgboost:3.0-5"
    assert container["ModelDataUrl"].endswith(f"/trials/{BEST.job}/output/model.tar.gz")


def test_two_like_models_show_no_difference(tuned: Callable[..., Tuned], good: Archives) -> None:
    found = tuned(DEFAULTS, BEST)
    found.lies_ready({0: good, 2: good})
    found.ends()
    gain = found.evaluation()["tuning"]["gain"]
    assert (gain["outcome"], gain["difference"]) == ("no difference", 0.0)


def test_where_the_defaults_are_best_the_model_is_theirs(tuned: Callable[..., Tuned], good: Archives) -> None:
    found = tuned(a_trial(0, objective=0.95), BEST)
    found.lies_ready({0: good})
    assert found.ends() == Status.EVALUATED
    assert found.evaluation()["model"].endswith("-defaults/output/model.tar.gz")
    assert found.evaluation()["tuning"]["gain"]["outcome"] == "defaults are best"


def test_defaults_that_failed_or_whose_model_is_damaged_keep_nothing_from_the_evaluation(
    tuned: Callable[..., Tuned], good: Archives
) -> None:
    found = tuned(DEFAULTS, BEST)
    found.lies_ready({0: Archives(packed({}), packed({})), 2: good})
    assert found.ends() == Status.EVALUATED
    assert found.run.metrics
    gain = found.evaluation()["tuning"]["gain"]
    assert gain["outcome"] == "not comparable"
    assert "the model with the defaults cannot be scored" in gain["text"]


def test_without_a_test_file_the_message_says_that_nothing_honest_can_be_said(
    tuned: Callable[..., Tuned], good: Archives, poor: Archives
) -> None:
    found = tuned(DEFAULTS, BEST)
    found.lies_ready({0: poor, 2: good}, test_key=None)
    assert found.ends() == Status.EVALUATED
    assert "Nothing honest can be said of the gain" in message_of(found.run).body


def test_an_evaluation_that_fails_keeps_what_the_trials_came_to(tuned: Callable[..., Tuned], poor: Archives) -> None:
    found = tuned(DEFAULTS, BEST, *OTHERS)
    found.lies_ready({0: poor})
    assert found.ends() == Status.EVALUATION_FAILED
    assert BEST.job in (found.run.reason or "")
    assert found.run.tuning is not None
    assert found.run.tuning.gain is None
    assert "The best is trial 2" in " ".join(message_of(found.run).body.split())


def test_an_event_that_comes_again_after_a_crash_gives_the_same_answer(
    tuned: Callable[..., Tuned], good: Archives, poor: Archives, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tuned(DEFAULTS, BEST, *OTHERS)
    found.lies_ready({0: poor, 2: good})
    with monkeypatch.context() as context:
        context.setattr(aws, "put", _crash)
        with pytest.raises(ConnectionError):
            found.ends()
    assert found.ends() == Status.EVALUATED
    assert found.evaluation()["tuning"]["gain"]["outcome"] == "better"
    assert found.account.ledger.champion("flowers") == JOB


def _crash(*_arguments: object) -> None:
    raise ConnectionError
