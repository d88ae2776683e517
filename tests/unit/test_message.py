"""What each outcome's message says, and that no data can make it say something else."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import ROOT

from traindrop import plain_text
from traindrop.gain import Objective, Tuned, compared
from traindrop.known_failures import known_failure
from traindrop.message import MAX_SUBJECT, Message, compose
from traindrop.outcome import Kind, Outcome

RUN = "traindrop-titanic-0123456789ab"
EVALUATED = Outcome(
    Kind.EVALUATED,
    run=RUN,
    dataset="titanic",
    file="x.csv",
    bucket="drops",
    key="datasets/titanic/train/x.csv",
    metrics={"accuracy": 0.81564, "precision": None, "auc": 0.87, "log_loss": 0.43},
    main_metric="auc",
    intervals={"auc": (0.809, 0.9133), "accuracy": (0.753, 0.866)},
    baseline={"accuracy": 0.6145, "auc": 0.5},
    rows=712,
    columns=12,
    test_rows=179,
    size_bytes=47_213,
    duration_seconds=198.4,
    billable_seconds=130,
    instance_type="ml.m5.large",
    instance_count=1,
    model_uri=f"s3://drops/runs/{RUN}/output/model.tar.gz",
    evaluation_uri=f"s3://drops/runs/{RUN}/evaluation.json",
)


def ended(kind: Kind, **changes: object) -> Message:
    outcome = Outcome(kind, run=RUN, dataset="titanic", file="x.csv", reason="Line 7 is wrong.")
    return compose(replace(outcome, **changes))  # type: ignore[arg-type]


LINK = "https://drops.s3.amazonaws.com/runs/{}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3599&X-Amz-Signature=0f1e"
WHOLE = {
    "evaluated": replace(
        EVALUATED,
        cost="$0.0042 (130 s x 1 x ml.m5.large at $0.115/h, us-east-1 prices of 2026-08-11)",
        framework="xgboost",
        notes=("The column PassengerId numbers the rows and is left out.",),
        warnings=(
            "Boat gives the answer away: by itself it has an AUC of 0.97. Is it known when a prediction is wanted?",
            "12 of the 179 test rows stand in the training file too, word for word.",
        ),
        verdict="Better than the champion: auc 0.870 against 0.842 on the same 179 test rows, by 0.003 to 0.054.",
        champion="traindrop-titanic-ba9876543210",
        report_uri=f"s3://drops/runs/{RUN}/report.html",
        model_link=LINK.format(f"{RUN}/output/model.tar.gz"),
        report_link=LINK.format(f"{RUN}/report.html"),
        links_end=datetime(2026, 11, 12, 1, 3, 20, tzinfo=UTC),
    ),
    "failed": Outcome(
        Kind.FAILED,
        run=RUN,
        dataset="titanic",
        file="x.csv",
        bucket="drops",
        key="datasets/titanic/train/x.csv",
        reason='AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage ""\nCommand "python3 train.py", '
        "exit code: 1",
        known=known_failure("AlgorithmError", ["ModuleNotFoundError: No module named 'lightgbm'"]),
        log_lines=(
            "Traceback (most recent call last):",
            '  File "/opt/ml/code/train.py", line 3, in <module>',
            "    import lightgbm",
            "ModuleNotFoundError: No module named 'lightgbm'",
        ),
        cost="$0.0022 (68 s x 1 x ml.m5.large at $0.115/h, us-east-1 prices of 2026-08-11)",
        duration_seconds=141.2,
        billable_seconds=68,
        framework="xgboost",
        instance_type="ml.m5.large",
        size_bytes=47_213,
        rows=712,
        columns=12,
    ),
    "rejected": Outcome(
        Kind.REJECTED,
        run=RUN,
        dataset="titanic",
        file="x.csv",
        bucket="drops",
        key="datasets/titanic/train/x.csv",
        reason="x.csv: which column is to be predicted? No target is set, and no column is called target, label, class "
        "or y. The columns are: 'PassengerId', 'Survived', 'Pclass'. Drop a datasets/titanic/training.yaml such as:\n"
        "    target: Survived",
        size_bytes=47_213,
    ),
}
OBJECTIVE = Objective(metric="validation:auc", direction="maximize", value=0.892, defaults_value=0.881)
TUNED = Tuned(
    trials=20,
    failed=2,
    stopped_early=5,
    best=14,
    hyperparameters={"max_depth": 4, "eta": 0.05123, "booster": "dart"},
    objective=OBJECTIVE,
    gain=compared(
        "auc", 0.87, 0.866, (-0.011, 0.019), 179, chosen_by=OBJECTIVE, trials=20,
        defaults_model=f"s3://drops/runs/{RUN}/trials/{RUN}-defaults/output/model.tar.gz",
    ),
)  # fmt: skip
TRIALS = f"s3://drops/runs/{RUN}/trials/"
WHOLE |= {
    "tuned": replace(
        EVALUATED,
        tunes=True,
        tuning=TUNED,
        trials_uri=TRIALS,
        model_uri=f"{TRIALS}{RUN}-014-0f1e2d3c/output/model.tar.gz",
        cost="$0.0134 (420 s x 1 x ml.m5.large at $0.115/h, us-east-1 prices of 2026-08-11)",
        billable_seconds=420,
        framework="xgboost",
        notes=("2 of 20 trials failed; the first of them, trial 8: AlgorithmError: , exit code: 137",),
        report_uri=f"s3://drops/runs/{RUN}/report.html",
    ),
    "tuning_failed": replace(
        WHOLE["failed"],
        tunes=True,
        trials_uri=TRIALS,
        reason="AlgorithmError: all 21 trials failed; the first of them, trial 1: AlgorithmError: "
        "ExecuteUserScriptError: ExitCode 1",
        cost="$0.0463 (1,450 s x 1 x ml.m5.large at $0.115/h, us-east-1 prices of 2026-08-11)",
        billable_seconds=1450,
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_message_reads_as_its_sample_in_the_documentation(name: str) -> None:
    message = compose(WHOLE[name])
    sample = ROOT / "docs" / "messages" / f"{name}.txt"
    assert f"Subject: {message.subject}\n\n{message.body}" == sample.read_text("utf-8")
    assert message.attributes == {"outcome": WHOLE[name].kind.value, "dataset": "titanic"}


def order_of(body: str) -> list[str]:
    """The titles of the message's sections."""
    return [section.partition("\n")[0] for section in body.split("\n\n")[1:]]


def test_a_message_tells_result_then_warnings_then_cost_then_where_things_are_then_what_to_type() -> None:
    everything = replace(WHOLE["evaluated"], earlier_failures=("a-job: CapacityError: none",), only_validation=True)
    assert order_of(compose(everything).body) == [
        "Result", "Warnings", "Notes", "Earlier attempts", "What to do", "Cost and time", "Where things are", "Next"
    ]  # fmt: skip
    assert order_of(compose(WHOLE["failed"]).body) == [
        "Cause", "Last log lines", "What to do", "Cost and time", "Where things are", "Next"
    ]  # fmt: skip


def test_of_a_tuning_the_gain_comes_first_and_noise_is_called_noise() -> None:
    body = " ".join(compose(WHOLE["tuned"]).body.split())
    assert "Tuning No difference from the defaults that this test set can show: auc 0.870 against 0.866" in body
    assert "20 trials beside the defaults (2 failed, 5 stopped early). The best is trial 14" in body
    assert "max_depth 4, eta 0.05123, booster dart." in body
    assert order_of(compose(WHOLE["tuned"]).body)[:2] == ["Result", "Tuning"]


def test_a_tuning_of_one_trial_whose_best_are_the_defaults_says_so() -> None:
    one = Tuned(trials=1, best=0, objective=OBJECTIVE)
    body = compose(replace(EVALUATED, tuning=one)).body
    assert "1 trial beside the defaults. The best are the defaults." in " ".join(body.split())


def test_a_tuning_that_failed_or_was_stopped_says_what_is_kept_where_and_what_to_type() -> None:
    failed = compose(WHOLE["tuning_failed"])
    assert failed.subject == "[traindrop] titanic: training failed"
    assert "tuning failed: no trial ended with a model and a value of the objective." in " ".join(failed.body.split())
    stopped = ended(Kind.STOPPED, tunes=True, trials_uri=TRIALS, reason="Stopped by me after 0 of 20 trials.")
    assert "This is not a success." in " ".join(stopped.body.split())
    for message in (failed, stopped):
        assert f"  Trials      {TRIALS}\n" in message.body
        assert f"  aws s3 ls --recursive {TRIALS}\n" in message.body
    assert "kept below Trials" in " ".join(stopped.body.split())


def test_a_tuning_without_a_known_cause_points_to_the_log_of_a_trial() -> None:
    body = ended(Kind.FAILED, tunes=True, trials_uri=TRIALS, log_lines=["no idea"]).body
    assert "those of one of the trials" in " ".join(body.split())


def test_of_very_many_settings_a_message_names_the_first() -> None:
    many = {f"setting_{number}": number for number in range(40)}
    body = compose(replace(EVALUATED, tuning=TUNED.model_copy(update={"hyperparameters": many}))).body
    assert "setting_14 14 and 25 more." in " ".join(body.split())


def test_links_are_whole_and_say_until_when_they_work_and_are_not_there_without_an_end() -> None:
    long = LINK.format("x" * 3000)
    body = compose(replace(WHOLE["evaluated"], model_link=long)).body
    assert f"  Model       {long}\n" in body
    assert "until 2026-11-12 01:03 UTC" in body
    assert "https://" not in compose(replace(WHOLE["evaluated"], links_end=None)).body
    assert "Whoever" not in compose(replace(WHOLE["evaluated"], model_link=None, report_link=None)).body


def test_without_a_report_no_line_is_about_one() -> None:
    assert "eport" not in compose(EVALUATED).body


def test_the_champion_that_it_was_compared_with_is_one_command_away() -> None:
    assert f"traindrop compare {RUN} traindrop-titanic-ba9876543210\n" in compose(WHOLE["evaluated"]).body
    assert "traindrop compare" not in compose(EVALUATED).body


def test_of_a_failure_that_is_known_the_message_has_cause_and_mend_in_plain_words_beside_what_was_told() -> None:
    known = known_failure("MemoryError")
    assert known is not None
    words = " ".join(ended(Kind.FAILED, reason="AlgorithmError: MemoryError", known=known).body.split())
    assert "Cause It ran out of memory. AlgorithmError: MemoryError" in words
    assert "What to do Name an instance_type with more memory" in words


def test_a_run_with_validation_metrics_only_says_so_and_how_to_get_better_ones() -> None:
    message = compose(replace(EVALUATED, only_validation=True, test_rows=None, intervals={}, baseline={}))
    assert message.subject == "[traindrop] titanic: trained, validation auc 0.870 (accuracy 0.816)"
    assert "these are validation metrics" in message.body
    assert "datasets/titanic/test/" in message.body
    assert "test rows" not in message.body
    assert "same answer" not in message.body


def test_a_run_without_any_metric_was_still_trained() -> None:
    message = compose(replace(EVALUATED, metrics={}, main_metric=None, only_validation=True))
    assert message.subject == "[traindrop] titanic: trained, no metrics"


def test_where_the_main_metric_is_undefined_another_one_leads() -> None:
    message = compose(replace(EVALUATED, metrics={"accuracy": 0.9, "auc": None}))
    assert message.subject == "[traindrop] titanic: trained, accuracy 0.900"


@pytest.mark.parametrize(
    ("name", "value", "constant", "told"),
    [("auc", 0.5, 0.5, True), ("auc", 0.51, 0.5, False), ("rmse", 9.0, 8.0, True), ("rmse", 7.0, 8.0, False)],
)
def test_a_model_that_is_no_better_than_a_constant_answer_is_called_that(
    name: str, value: float, constant: float, told: bool
) -> None:
    message = compose(replace(EVALUATED, metrics={name: value}, main_metric=name, baseline={name: constant}))
    assert ("no better than that" in message.body) == told


def test_a_rejected_file_gets_its_reason_line_by_line_and_what_to_type() -> None:
    reason = "There is no target. Drop this training.yaml:\n    target: Survived\n    task: binary"
    message = ended(Kind.REJECTED, reason=reason, file="my file's.csv")
    assert message.subject == "[traindrop] titanic: rejected"
    assert "nothing was launched and nothing was spent" in message.body
    assert "\n      target: Survived\n      task: binary\n" in message.body
    assert """traindrop drop 'my file'"'"'s.csv' --dataset titanic""" in message.body


def test_a_failed_training_shows_its_reason_and_the_last_twenty_log_lines() -> None:
    lines = [f"\x1b[31mline\t{number}\x1b[0m" for number in range(30)]
    message = ended(Kind.FAILED, reason="AlgorithmError: ExecuteUserScriptError:\nExitCode 1", log_lines=lines)
    assert message.subject == "[traindrop] titanic: training failed"
    assert "There is no model" in message.body
    assert "  AlgorithmError: ExecuteUserScriptError:\n  ExitCode 1\n" in message.body
    assert "  | line 10\n" in message.body
    assert "  | line 29\n" in message.body
    assert "line 9\n" not in message.body
    assert f"traindrop show {RUN}\n" in message.body
    assert f"aws logs tail /aws/sagemaker/TrainingJobs --log-stream-name-prefix {RUN}\n" in message.body


def test_a_stopped_run_is_no_success_and_says_that_its_time_was_up() -> None:
    message = ended(Kind.STOPPED, reason="It reached its maximum run time.", billable_seconds=3600)
    assert message.subject == "[traindrop] titanic: stopped"
    assert "This is not a success." in message.body
    assert "It reached its maximum run time." in message.body
    assert "max_runtime" in message.body
    assert "3,600 s" in message.body


def test_a_job_that_could_not_be_launched_names_the_limit() -> None:
    reason = "ResourceLimitExceeded: The account-level service limit 'ml.p3.2xlarge' is 0 Instances."
    message = ended(Kind.LAUNCH_FAILED, reason=reason)
    assert message.subject == "[traindrop] titanic: failed to launch"
    assert "ResourceLimitExceeded" in message.body
    assert "service quota" in message.body


def test_a_repeated_drop_names_the_run_that_has_the_answer_and_how_to_force_another() -> None:
    message = ended(
        Kind.REPEATED, reason="The same bytes are those of the run first (Evaluated).", answered_by="traindrop-first"
    )
    assert message.subject == "[traindrop] titanic: dropped before, nothing launched"
    assert message.attributes["outcome"] == "repeated"
    assert "The same bytes are those of the run first (Evaluated)." in message.body
    assert "Next\n  traindrop show traindrop-first\n  traindrop rerun traindrop-first\n" in message.body
    assert RUN not in message.body.partition("Next")[2]


def test_the_failures_of_earlier_attempts_are_told_one_to_a_line_whatever_the_end_was() -> None:
    earlier = (f"{RUN}: CapacityError: none", f"{RUN}-r2: InternalServerError: try\nagain")
    for message in (
        ended(Kind.FAILED, earlier_failures=earlier),
        compose(replace(EVALUATED, earlier_failures=earlier)),
    ):
        section = message.body.partition("Earlier attempts\n")[2].partition("\n\n")[0]
        lines = section.splitlines()
        assert lines[0] == f"  {RUN}: CapacityError: none"
        assert len(lines) == 2
    assert "Earlier attempts" not in compose(EVALUATED).body


def test_a_run_that_met_a_limit_of_lambda_says_where_it_was_trained_instead_and_why() -> None:
    earlier = (f"{RUN}: LambdaLimitExceeded: it ran out of memory (the function has 1,769 MB)",)
    moved: dict[str, Any] = {"earlier_failures": earlier, "instance_type": "ml.m5.large"}
    said = "ml.m5.large: in Lambda it ran out of memory (the function has 1,769 MB)."
    evaluated, failed = compose(replace(EVALUATED, **moved)), ended(Kind.FAILED, **moved)
    assert f"Notes Trained on {said}" in " ".join(evaluated.body.split())
    assert f"Notes Moved to {said}" in " ".join(failed.body.split())


def test_a_run_that_was_trained_in_lambda_says_with_how_much_memory() -> None:
    body = compose(replace(EVALUATED, instance_type="lambda", memory_mb=1769)).body
    assert "  Instances   Lambda, 1,769 MB\n" in body


@pytest.mark.parametrize(
    ("kind", "helps"),
    [
        (Kind.EVALUATED, False), (Kind.REJECTED, False), (Kind.INTERNAL_ERROR, False), (Kind.REPEATED, True),
        (Kind.FAILED, True), (Kind.STOPPED, True), (Kind.LAUNCH_FAILED, True), (Kind.EVALUATION_FAILED, True),
    ],
)  # fmt: skip
def test_a_rerun_is_named_where_the_same_files_may_well_have_another_end(kind: Kind, helps: bool) -> None:
    assert (f"traindrop rerun {RUN}" in ended(kind).body) == helps


def test_an_evaluation_that_failed_says_that_the_model_is_kept_and_where() -> None:
    message = ended(Kind.EVALUATION_FAILED, model_uri="s3://drops/runs/r/output/model.tar.gz")
    assert message.subject == "[traindrop] titanic: evaluation failed"
    assert "The model is kept" in message.body
    assert "s3://drops/runs/r/output/model.tar.gz" in message.body
    assert "Line 7 is wrong." in message.body


def test_an_internal_error_names_function_error_and_the_queue_where_the_event_waits() -> None:
    message = ended(
        Kind.INTERNAL_ERROR,
        function="traindrop-Launcher-1A2B3C4D",
        reason="KeyError: 'x'",
        dead_letter_queue="traindrop-DeadLetters-1ABC",
    )
    assert message.subject == "[traindrop] titanic: internal error"
    words = " ".join(message.body.split())
    assert "a part of traindrop itself failed, traindrop-Launcher-1A2B3C4D" in words
    assert "waits in the dead-letter queue traindrop-DeadLetters-1ABC; nothing is lost" in words
    assert "KeyError: 'x'" in words
    assert "aws logs tail /traindrop/traindrop/Launcher --since 1d" in message.body


def test_an_internal_error_about_no_run_at_all_names_the_function_in_the_subject() -> None:
    message = compose(Outcome(Kind.INTERNAL_ERROR, function="traindrop-notifier", reason="ValueError: no"))
    assert message.subject == "[traindrop] traindrop-notifier: internal error"
    assert message.attributes == {"outcome": "internal_error"}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_message_even_if_nothing_else_is_known(kind: Kind) -> None:
    message = compose(Outcome(kind))
    assert message.subject.startswith("[traindrop] ")
    assert message.attributes["outcome"] == kind.value
    assert "None" not in message.subject + message.body


@pytest.mark.parametrize(
    ("dataset", "subject"),
    [
        ("café", "[traindrop] cafe: rejected"),
        ("日本", "[traindrop] ??: rejected"),
        ("a\r\nBcc: x@y.z", "[traindrop] a Bcc: x@y.z: rejected"),
        ("long" * 50, f"[traindrop] {('long' * 50)[:74]}...: rejected"),
    ],
)
def test_a_subject_is_one_short_line_of_ascii(dataset: str, subject: str) -> None:
    assert ended(Kind.REJECTED, dataset=dataset).subject == subject


ANY_TEXT = st.text(st.characters(), max_size=300) | st.sampled_from(["\x1b[2J", "\u202eevil", "\ud800", "a\nb" * 90])


ENDINGS = ("rejected", "nothing launched", "failed", "stopped", "failed to launch", "internal error")


@given(st.sampled_from(Kind), ANY_TEXT, ANY_TEXT, ANY_TEXT, st.lists(ANY_TEXT, max_size=25))
@settings(max_examples=200, deadline=None)
def test_no_text_from_the_data_breaks_the_rules_of_sns_or_steers_a_terminal(
    kind: Kind, dataset: str, reason: str, name: str, log: list[str]
) -> None:
    message = compose(
        Outcome(
            kind, run=RUN, dataset=dataset, file=name, bucket="b", key=name, function=name, reason=reason,
            dead_letter_queue=name, metrics={name: 0.5, "auc": 0.5}, main_metric=name, log_lines=log,
        )
    )  # fmt: skip
    assert 0 < len(message.subject) <= MAX_SUBJECT < 100
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert message.subject.endswith(ENDINGS) or kind is Kind.EVALUATED
    steering = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert steering.isdisjoint(map(unicodedata.category, message.body.replace("\n", "")))
    assert len(message.body.encode()) < 200_000
    assert all(value and value.isprintable() for value in message.attributes.values())


def test_long_text_is_cut_and_wrapped() -> None:
    message = ended(Kind.REJECTED, reason="word " * 5000, log_lines=["x" * 1000])
    assert max(map(len, message.body.splitlines())) < 210
    assert len(message.body) < 6000
    wrapped = [line for line in message.body.splitlines() if line.startswith("  word")]
    assert len(wrapped) > 10
    assert max(map(len, wrapped)) <= 78


@pytest.mark.parametrize(
    "message",
    [compose(replace(EVALUATED, kind=kind, reason="r " * 99)) for kind in Kind]
    + [compose(outcome) for outcome in WHOLE.values()],
)
def test_only_addresses_and_commands_are_wider_than_a_mail(message: Message) -> None:
    for line in message.body.splitlines():
        assert len(line) <= 78 or "://" in line or line.startswith(("  aws ", "  traindrop ", "  Cost ")), line


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.81564, "0.816"),
        (0, "0.000"),
        (-0.5, "-0.500"),
        (12345.67, "12,345.7"),
        (1.234e-5, "1.23e-05"),
        (2e12, "2.00e+12"),
    ],
)
def test_a_number_has_the_digits_that_say_something(value: float, shown: str) -> None:
    assert plain_text.number(value) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (47_213, "47.2 kB"), (712_000, "712 kB"), (5 * 10**9, "5.0 GB")],
)
def test_a_size_is_told_in_decimal_units(count: float, shown: str) -> None:
    assert plain_text.size(int(count)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(4.21, "4.2 s"), (59.99, "1 min 0 s"), (198.4, "3 min 18 s"), (7500, "2 h 5 min")]
)
def test_a_duration_is_told_in_its_own_unit(seconds: float, shown: str) -> None:
    assert plain_text.duration(seconds) == shown
