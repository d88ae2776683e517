"""A run against its dataset's champion, on a ledger of moto's: what becomes champion, once, whoever else tries."""

from typing import Any

import numpy as np
import pytest
from tests.builders import a_run, stored
from tests.functional.conftest import Account

from traindrop import championing
from traindrop.championing import challenge
from traindrop.errors import EvaluationFailed
from traindrop.evaluation import Evaluation, Rows, Scored
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop.schema import Schema
from traindrop.scoring import binary
from traindrop.verdict import Verdict

SCHEMA = Schema("species", "binary", ("rose", "tulip"), ())
TRUTH = np.tile([0.0, 1.0], 100)
GOOD = np.where(TRUTH == 1, 0.9, 0.1) * np.linspace(0.9, 1, 200)
POOR = np.linspace(0.2, 0.8, 200)


def a_model(predictions: Any, truth: Any = TRUTH, schema: Schema = SCHEMA) -> Rows:
    return Rows(schema, truth, predictions)


class Contest:
    """Runs of one dataset that are being evaluated; `models`: what each predicts."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.models: dict[str, Rows | None] = {}
        self.asked: list[tuple[str, bool]] = []

    def rows_of(self, run: Run, own_file: bool) -> Rows | None:
        self.asked.append((run.run, own_file))
        return self.models[run.run]

    def trained(self, name: str, model: Rows, **changes: Any) -> Run:
        self.models[name] = model
        return stored(self.ledger, a_run(run=name, status=Status.COMPLETED, **changes))

    def evaluated(self, name: str, model: Rows, *, digest: str = "sha256:0", **changes: Any) -> Verdict:
        return self.challenges(self.trained(name, model, **changes), digest)

    def challenges(self, run: Run, digest: str = "sha256:0") -> Verdict:
        model = self.models[run.run]
        assert model is not None
        verdict = challenge(run, an_evaluation(run.run, model, digest), [model], self.rows_of, self.ledger).verdict
        assert verdict is not None
        return verdict

    @property
    def champion(self) -> str | None:
        return self.ledger.champion("flowers")


def an_evaluation(run: str, model: Rows, digest: str, **changes: Any) -> Evaluation:
    known = ~np.isnan(model.truth)
    scores = binary(model.truth[known].astype(np.int64), model.predictions[known])
    evaluation = Evaluation(
        run=run, dataset="flowers", task="binary", target="species", classes=SCHEMA.classes, main_metric="auc",
        scored=Scored(file="held_out.csv", digest=digest, rows=int(known.sum())), metrics=scores.metrics,
        validation={}, timings={"predict": 1.0}, model="s3://b/model.tar.gz",
    )  # fmt: skip
    return evaluation.model_copy(update=changes)


@pytest.fixture
def contest(account: Account) -> Contest:
    return Contest(account.ledger)


def test_the_first_becomes_champion_and_only_a_better_one_takes_its_place(contest: Contest) -> None:
    assert contest.evaluated("poor", a_model(POOR)).outcome == "first"
    assert contest.champion == "poor"
    same = contest.evaluated("same", a_model(POOR))
    assert (same.outcome, same.difference, same.champion) == ("no difference", 0.0, "poor")
    assert contest.champion == "poor"
    good = contest.evaluated("good", a_model(GOOD))
    assert (good.outcome, good.champion, good.rows) == ("better", "poor", 200)
    assert good.interval is not None
    assert 0 < good.interval[0] <= (good.difference or 0) <= good.interval[1]
    assert contest.champion == "good"
    assert contest.evaluated("worse", a_model(POOR)).outcome == "worse"
    assert contest.champion == "good"


def test_the_ledger_has_the_verdict_with_the_run(contest: Contest) -> None:
    contest.evaluated("poor", a_model(POOR))
    verdict = contest.evaluated("good", a_model(GOOD), digest="sha256:1")
    run = contest.ledger.stored("good")
    assert (run.comparison, run.verdict, run.champion) == (verdict, verdict.text, "poor")
    assert run.test_digest == "sha256:1"


def test_a_first_run_that_misses_the_minimum_leaves_the_dataset_without_champion(contest: Contest) -> None:
    verdict = contest.evaluated("poor", a_model(POOR), minimum=0.9)
    assert (verdict.outcome, verdict.becomes_champion, contest.champion) == ("first", False, None)
    assert contest.evaluated("good", a_model(GOOD), minimum=0.9).becomes_champion
    assert contest.champion == "good"


def test_a_minimum_of_a_metric_that_is_undefined_is_not_reached_by_another_metric(contest: Contest) -> None:
    run = contest.trained("one-class", a_model(GOOD), minimum=0.1)
    evaluation = an_evaluation("one-class", a_model(GOOD), "sha256:0", main_metric="accuracy")
    found = challenge(run, evaluation, [a_model(GOOD)], contest.rows_of, contest.ledger)
    assert found.verdict is not None
    assert not found.verdict.becomes_champion
    assert "auc is undefined" in found.verdict.text


def test_an_event_that_comes_again_finds_the_verdict_and_changes_nothing(contest: Contest) -> None:
    contest.evaluated("poor", a_model(POOR))
    run = contest.trained("good", a_model(GOOD))
    once = contest.challenges(run)
    contest.evaluated("best", a_model(TRUTH * 1.0))
    asked = list(contest.asked)
    # As it was read before the first delivery came through, and as it is read now.
    assert contest.challenges(run) == once
    assert contest.challenges(contest.ledger.stored("good")) == once
    assert contest.champion == "good", "best is no better than good that this test set can show"
    assert contest.asked[len(asked) :] == [("good", True)]


def test_who_loses_the_race_is_compared_with_the_one_who_won(contest: Contest) -> None:
    contest.evaluated("poor", a_model(POOR))
    slow = contest.trained("slow", a_model(GOOD))
    rows_of, winners = contest.rows_of, iter(["quick"])

    def overtaken(run: Run, own_file: bool) -> Rows | None:
        found = rows_of(run, own_file)
        for name in winners:
            contest.evaluated(name, a_model(GOOD))
        return found

    contest.rows_of = overtaken  # type: ignore[method-assign]
    verdict = contest.challenges(slow)
    assert contest.champion == "quick"
    assert (verdict.outcome, verdict.champion) == ("no difference", "quick")
    assert contest.ledger.stored("quick").comparison is not None


def test_of_two_first_runs_at_once_one_is_champion(contest: Contest, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (contest.trained(name, a_model(GOOD)) for name in ("one", "other"))
    seen = iter([None, None])
    real = contest.ledger.champion
    monkeypatch.setattr(Ledger, "champion", lambda _self, dataset: next(seen, real(dataset)))
    assert contest.challenges(one).outcome == "first"
    assert contest.challenges(other).outcome == "no difference"
    assert contest.champion == "one"


def test_whoever_is_overtaken_for_ever_gives_up_and_the_event_comes_again(
    contest: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = contest.trained("one", a_model(GOOD))
    monkeypatch.setattr(Ledger, "decide", lambda *_, **__: False)
    with pytest.raises(RuntimeError, match="another run had become champion"):
        contest.challenges(run)


def test_on_another_test_file_the_champion_is_scored_again(contest: Contest) -> None:
    contest.evaluated("poor", a_model(POOR), digest="sha256:old")
    verdict = contest.evaluated("good", a_model(GOOD), digest="sha256:new")
    assert (verdict.outcome, verdict.rescored) == ("better", True)
    assert contest.asked == [("poor", False)]


def test_what_the_champion_says_about_another_file_may_be_nothing(contest: Contest) -> None:
    contest.evaluated("poor", a_model(POOR))

    def refuse(run: Run, own_file: bool) -> Rows:  # noqa: ARG001 - as `rows_of` is called
        raise EvaluationFailed("all that is known of its model are its predictions for another test file.")

    contest.rows_of = refuse  # type: ignore[method-assign]
    verdict = contest.evaluated("good", a_model(GOOD))
    assert (verdict.outcome, verdict.becomes_champion, contest.champion) == ("not comparable", False, "poor")
    assert "predictions for another test file" in verdict.text


def test_a_champion_whose_model_was_deleted_gives_its_place_up(contest: Contest) -> None:
    contest.evaluated("gone", a_model(GOOD))
    contest.models["gone"] = None
    verdict = contest.evaluated("poor", a_model(POOR))
    assert (verdict.outcome, verdict.champion, contest.champion) == ("first", "gone", "poor")
    assert "was deleted" in verdict.text


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (a_model(GOOD, schema=Schema("colour", "binary", ("rose", "tulip"), ())), "another target, 'colour'"),
        (a_model(GOOD, schema=Schema("species", "binary", ("lily", "rose"), ())), "another set of classes"),
        (a_model(GOOD, truth=1 - TRUTH), "other true values"),
    ],
    ids=["target", "classes", "values"],
)
def test_models_that_answer_different_questions_are_not_compared(contest: Contest, model: Rows, says: str) -> None:
    contest.evaluated("poor", a_model(POOR))
    contest.models["poor"] = model
    verdict = contest.evaluated("good", a_model(GOOD))
    assert (verdict.outcome, contest.champion) == ("not comparable", "poor")
    assert says in verdict.text


def test_rows_without_a_label_take_no_part(contest: Contest) -> None:
    truth = np.where(np.arange(200) < 50, np.nan, TRUTH)
    contest.evaluated("poor", a_model(POOR, truth))
    assert contest.evaluated("good", a_model(GOOD, truth)).rows == 150


def test_a_test_file_that_takes_too_long_to_be_scored_twice_is_not(
    contest: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    contest.evaluated("poor", a_model(POOR))
    monkeypatch.setattr(championing, "_MOST_SECONDS", 0.5)
    assert contest.evaluated("good", a_model(GOOD)).outcome == "not comparable"
    assert contest.asked == []


def test_without_a_test_file_there_is_no_verdict_and_no_champion(contest: Contest) -> None:
    run = contest.trained("unscored", a_model(GOOD))
    evaluation = an_evaluation("unscored", a_model(GOOD), "sha256:0", scored=None, metrics={})
    found = challenge(run, evaluation, [], contest.rows_of, contest.ledger)
    assert (found.verdict, contest.champion) == (None, None)


def test_a_run_that_strict_lets_fail_never_becomes_champion(contest: Contest) -> None:
    run = contest.trained("strict", a_model(GOOD)).model_copy(update={"strict": True})
    evaluation = an_evaluation("strict", a_model(GOOD), "sha256:0", warnings=("a column gives the answer away",))
    found = challenge(run, evaluation, [a_model(GOOD)], contest.rows_of, contest.ledger)
    assert (found.verdict, contest.champion) == (None, None)
    calm = an_evaluation("strict", a_model(GOOD), "sha256:0", warnings=())
    assert challenge(run, calm, [a_model(GOOD)], contest.rows_of, contest.ledger).verdict is not None
    assert contest.champion == "strict"


def test_datasets_have_champions_of_their_own(contest: Contest) -> None:
    contest.evaluated("good", a_model(GOOD))
    assert contest.evaluated("poor", a_model(POOR), dataset="größe & données").outcome == "first"
    assert contest.ledger.champion("größe & données") == "poor"
    assert contest.champion == "good"


@pytest.mark.parametrize("status", [Status.EVALUATED, Status.EVALUATION_FAILED, Status.FAILED])
def test_a_run_that_is_not_being_evaluated_never_becomes_champion(contest: Contest, status: Status) -> None:
    run = stored(contest.ledger, a_run(run="ended", status=status))
    verdict = Verdict(outcome="first", becomes_champion=True, text="as if")
    assert not contest.ledger.decide(run, verdict, "sha256:0", over=None)
    assert contest.champion is None
