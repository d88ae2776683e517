"""What a webhook gets, and that its signature is that of Standard Webhooks."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.unit.test_message import RUN, TUNED, WHOLE

from traindrop.events import MessageSent
from traindrop.outcome import Kind, Outcome
from traindrop.webhook import signature, webhook_message

KEY = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MOMENT = datetime(2026, 11, 12, 0, 3, 20, tzinfo=UTC)


def sent(outcome: Outcome, name: str = RUN, moment: datetime = MOMENT) -> MessageSent:
    return webhook_message(outcome, name, "traindrop", KEY, moment)


def data(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sent(outcome).payload)["data"]
    return found


@pytest.mark.parametrize("key", [KEY, f"whsec_{KEY}"])
def test_the_signature_is_that_of_standard_webhooks_own_example(key: str) -> None:
    """standard-webhooks/standard-webhooks, libraries/python/tests/test_webhooks.py."""
    found = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}', key)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("key", ["no base64!", "abc", f"{KEY}\n"])
def test_a_key_that_is_no_base64_signs_nothing(key: str) -> None:
    with pytest.raises(ValueError, match=r"base64|padding|characters"):
        signature("msg_0", "0", "{}", key)


def snippet() -> Any:
    """The function with which docs/messages.md says to verify."""
    text = (ROOT / "docs" / "messages.md").read_text("utf-8")
    (source,) = re.findall(r"```python\n(import.*?)```", text, re.DOTALL)
    found: dict[str, Any] = {}
    exec(source, found)  # noqa: S102 - our own documentation
    return found["verified"]


def headers(message: MessageSent) -> dict[str, str]:
    return {f"webhook-{name}": getattr(message, name) for name in ("id", "timestamp", "signature")}


def test_what_the_documentation_tells_a_receiver_to_do_verifies_a_message_however_its_body_was_written() -> None:
    message = sent(WHOLE["evaluated"])
    for body in (message.model_dump_json(), json.dumps(message.model_dump(), indent=3, sort_keys=True)):
        found = snippet()(headers(message), body, KEY, now=MOMENT.timestamp() + 3600)
        assert found["type"] == "run.evaluated"
        assert found["data"]["run"] == RUN


@pytest.mark.parametrize(
    ("part", "value"),
    [("id", "msg_0"), ("timestamp", "1794441801"), ("payload", "{}"), ("signature", "v1,AAAA"), ("signature", "")],
)
def test_whatever_is_changed_on_the_way_is_found_out(part: str, value: str) -> None:
    message = sent(WHOLE["evaluated"]).model_copy(update={part: value})
    with pytest.raises(ValueError, match="signature"):
        snippet()(headers(message), message.model_dump_json(), KEY, now=MOMENT.timestamp())


def test_of_a_tuning_a_webhook_has_the_counts_what_was_chosen_and_the_gain() -> None:
    found = data(WHOLE["tuned"])
    assert {name: found["tuning"][name] for name in ("trials", "failed", "best")} == {
        "trials": 20, "failed": 2, "best": 14
    }  # fmt: skip
    assert found["tuning"]["hyperparameters"] == {"max_depth": 4, "eta": 0.05123, "booster": "dart"}
    assert found["tuning"]["gain"]["interval"] == [-0.011, 0.019]
    assert found["trials"].startswith("s3://")
    assert data(WHOLE["evaluated"])["tuning"] is None


def test_settings_of_a_tuning_are_bounded_and_steer_no_terminal() -> None:
    many = {f"\x1b[31m{number}" + "x" * 2000: "\u202e" + "y" * 2000 for number in range(99)}
    tuning = TUNED.model_copy(update={"hyperparameters": many})
    found = data(replace(WHOLE["tuned"], tuning=tuning))["tuning"]["hyperparameters"]
    assert len(found) == 30
    assert all(len(text) <= 1000 and text.isprintable() for pair in found.items() for text in pair)


@pytest.mark.parametrize("seconds", [2 * 86_400, -600])
def test_a_message_of_another_day_or_of_the_future_is_not_taken(seconds: int) -> None:
    message = sent(WHOLE["evaluated"])
    with pytest.raises(ValueError, match="timestamp"):
        snippet()(headers(message), message.model_dump_json(), KEY, now=MOMENT.timestamp() + seconds)


def test_a_message_that_is_sent_again_has_its_id_and_another_ones_has_another() -> None:
    later = MOMENT.replace(hour=3)
    first = sent(WHOLE["evaluated"]).id
    assert re.fullmatch(r"msg_[0-9a-f]{32}", first)
    assert sent(WHOLE["evaluated"], moment=later).id == first
    assert sent(WHOLE["evaluated"], name="another-run").id != first
    assert webhook_message(WHOLE["evaluated"], RUN, "traindrop-dev", KEY, MOMENT).id != first


@pytest.mark.parametrize("kind", Kind)
def test_every_outcome_has_a_message_that_says_what_it_is(kind: Kind) -> None:
    found = json.loads(sent(Outcome(kind)).payload)
    assert found["type"] == f"run.{kind.value}"
    assert found["data"]["headline"]


def test_an_evaluated_run_says_what_programs_ask_for() -> None:
    found = data(WHOLE["evaluated"])
    assert found["outcome"] == "evaluated"
    assert (found["main_metric"], found["metrics"]["auc"], found["metrics_of"]) == ("auc", 0.87, "test")
    assert found["intervals"]["auc"] == [0.809, 0.9133]
    assert found["verdict"].startswith("Better than the champion")
    assert len(found["warnings"]) == 2
    assert found["model"].startswith("s3://")
    assert found["report"].startswith("s3://")
    assert found["next"][0] == f"traindrop show {RUN}"


def test_a_failed_run_says_its_cause_and_mend() -> None:
    found = data(WHOLE["failed"])
    assert "lightgbm" in found["cause"]
    assert "requirements.txt" in found["advice"]
    assert "ExecuteUserScriptError" in found["reason"]


def test_no_link_and_no_log_line_is_in_an_event() -> None:
    for outcome in WHOLE.values():
        assert "X-Amz-" not in sent(outcome).payload
        assert "Traceback" not in sent(outcome).payload


def test_an_event_stays_far_below_what_eventbridge_takes() -> None:
    """256 KB an entry: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html."""
    long = replace(WHOLE["failed"], reason="\U0001f335" * 10_000, warnings=("é" * 9000,) * 20, verdict="x" * 99_999)
    assert len(sent(long).model_dump_json().encode()) < 256_000
