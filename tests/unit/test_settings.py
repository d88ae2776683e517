"""What functions are told through their environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from traindrop.settings import DispatcherSettings, EvaluatorSettings, LauncherSettings, NotifierSettings

TRAINERS = {"TRAINER": "traindrop-Trainer", "LARGE_TRAINER": "traindrop-LargeTrainer"}
COMMON = {"STACK": "traindrop", "TABLE": "runs", "AWS_REGION": "eu-west-1"}


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_settings_are_read_from_the_environment_and_foreign_variables_are_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = {"STACK_ID": "id", "TRAINING_ROLE_ARN": "role", "TRAINING_SCRIPTS": "/opt", "OWNER": "me"}
    set_all(monkeypatch, COMMON | TRAINERS | more | {"MAX_CONCURRENT_JOBS": "4", "PATH_X": "?"})
    settings = LauncherSettings.from_env()
    assert (settings.stack, settings.table, settings.aws_region) == ("traindrop", "runs", "eu-west-1")
    assert settings.training_scripts == Path("/opt")
    assert settings.max_concurrent_jobs == 4


def test_the_dispatcher_is_told_how_many_jobs_may_run_and_takes_the_launchers_settings_as_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_all(monkeypatch, COMMON | TRAINERS | {"MAX_CONCURRENT_JOBS": "4"})
    assert DispatcherSettings.from_env().max_concurrent_jobs == 4
    assert issubclass(LauncherSettings, DispatcherSettings)


@pytest.mark.parametrize("value", ["0", "-1", "many", ""])
def test_a_stack_that_may_run_no_job_at_all_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    set_all(monkeypatch, COMMON | TRAINERS | {"MAX_CONCURRENT_JOBS": value})
    with pytest.raises(ValidationError, match="max_concurrent_jobs"):
        DispatcherSettings.from_env()


@pytest.mark.parametrize("missing", ["STACK", "TABLE", "AWS_REGION", "TOPIC_ARN", "DEAD_LETTER_QUEUE"])
def test_a_missing_variable_fails_with_its_name(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    set_all(monkeypatch, COMMON | {"TOPIC_ARN": "topic", "DEAD_LETTER_QUEUE": "queue"})
    monkeypatch.delenv(missing)
    with pytest.raises(ValidationError, match=missing.lower()):
        NotifierSettings.from_env()


def test_a_stack_name_that_does_not_fit_into_a_job_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, COMMON | {"STACK": "s" * 41})
    with pytest.raises(ValidationError, match="at most 40"):
        EvaluatorSettings.from_env()
