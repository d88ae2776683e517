"""What functions are told through their environment."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from traindrop.confinement import Confinement
from traindrop.settings import DispatcherSettings, EvaluatorSettings, LauncherSettings, NotifierSettings

TRAINERS = {"TRAINER": "traindrop-Trainer", "LARGE_TRAINER": "traindrop-LargeTrainer", "TUNER": "traindrop-Tuner"}
COMMON = {"STACK": "traindrop", "TABLE": "runs", "BUCKET": "bucket", "AWS_REGION": "eu-west-1"}
LIMITS = {"MAX_CONCURRENT_JOBS": "4", "MAX_MONTHLY_COST_USD": "25.5"}


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_settings_are_read_from_the_environment_and_foreign_variables_are_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = {"STACK_ID": "id", "TRAINING_ROLE_ARN": "role", "TRAINING_SCRIPTS": "/opt", "OWNER": "me"}
    more |= {"KMS_KEY_ARN": "", "TRAINING_SUBNETS": "subnet-a,subnet-b", "TRAINING_SECURITY_GROUPS": "sg-a"}
    more |= {"NETWORK_ISOLATION": "false", "AUTO_IN_LAMBDA": "true"}
    set_all(monkeypatch, COMMON | TRAINERS | more | LIMITS | {"PATH_X": "?"})
    settings = LauncherSettings.from_env()
    assert (settings.stack, settings.table, settings.aws_region) == ("traindrop", "runs", "eu-west-1")
    assert settings.training_scripts == Path("/opt")
    assert settings.max_concurrent_jobs == 4
    assert settings.confinement == Confinement(None, ("subnet-a", "subnet-b"), ("sg-a",), isolated=False)


def test_the_dispatcher_is_told_how_many_jobs_may_run_and_takes_the_launchers_settings_as_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_all(monkeypatch, COMMON | TRAINERS | LIMITS)
    assert DispatcherSettings.from_env().max_concurrent_jobs == 4
    assert issubclass(LauncherSettings, DispatcherSettings)


@pytest.mark.parametrize("value", ["0", "-1", "many", ""])
def test_a_stack_that_may_run_no_job_at_all_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    set_all(monkeypatch, COMMON | TRAINERS | LIMITS | {"MAX_CONCURRENT_JOBS": value})
    with pytest.raises(ValidationError, match="max_concurrent_jobs"):
        DispatcherSettings.from_env()


@pytest.mark.parametrize(("value", "ceiling"), [("0", None), ("0.0", None), ("25.5", Decimal("25.5"))])
def test_a_monthly_ceiling_of_nothing_is_none(
    monkeypatch: pytest.MonkeyPatch, value: str, ceiling: Decimal | None
) -> None:
    set_all(monkeypatch, COMMON | TRAINERS | LIMITS | {"MAX_MONTHLY_COST_USD": value})
    assert DispatcherSettings.from_env().monthly_ceiling == ceiling


@pytest.mark.parametrize("value", ["-1", "much", "NaN", "Infinity", ""])
def test_a_monthly_ceiling_that_is_no_amount_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    set_all(monkeypatch, COMMON | TRAINERS | LIMITS | {"MAX_MONTHLY_COST_USD": value})
    with pytest.raises(ValidationError, match="max_monthly_cost_usd"):
        DispatcherSettings.from_env()


@pytest.mark.parametrize(
    "missing", ["STACK", "TABLE", "BUCKET", "AWS_REGION", "TOPIC_ARN", "DEAD_LETTER_QUEUE", "LINK_ROLE_ARN"]
)
def test_a_missing_variable_fails_with_its_name(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    set_all(monkeypatch, COMMON | {"TOPIC_ARN": "topic", "DEAD_LETTER_QUEUE": "queue", "LINK_ROLE_ARN": "role"})
    set_all(monkeypatch, {"CHAT_TOPIC_ARN": "", "WEBHOOK_KEY_ARN": ""})
    monkeypatch.delenv(missing)
    with pytest.raises(ValidationError, match=missing.lower()):
        NotifierSettings.from_env()


def test_a_stack_name_that_does_not_fit_into_a_job_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, COMMON | {"STACK": "s" * 41})
    with pytest.raises(ValidationError, match="at most 40"):
        EvaluatorSettings.from_env()
