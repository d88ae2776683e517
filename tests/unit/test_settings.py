"""What functions are told through their environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from traindrop.settings import EvaluatorSettings, LauncherSettings, NotifierSettings

COMMON = {"STACK": "traindrop", "TABLE": "runs", "AWS_REGION": "eu-west-1"}


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_settings_are_read_from_the_environment_and_foreign_variables_are_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = {"STACK_ID": "id", "TRAINING_ROLE_ARN": "role", "TRAINING_SCRIPTS": "/opt", "OWNER": "me", "PATH_X": "?"}
    set_all(monkeypatch, COMMON | more)
    settings = LauncherSettings.from_env()
    assert (settings.stack, settings.table, settings.aws_region) == ("traindrop", "runs", "eu-west-1")
    assert settings.training_scripts == Path("/opt")


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
