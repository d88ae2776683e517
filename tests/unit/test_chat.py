"""What Slack and Teams are sent, and that no data can make it mean something else there."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_message import RUN, WHOLE

from traindrop.chat import notification
from traindrop.message import compose
from traindrop.outcome import Kind, Outcome


def told(outcome: Outcome) -> dict[str, Any]:
    return notification(outcome, compose(outcome).subject)


def test_an_evaluated_run_is_told_in_the_documented_format() -> None:
    """https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html (Event schema)."""
    found = told(WHOLE["evaluated"])
    assert found.keys() == {"version", "source", "content", "metadata"}
    assert (found["version"], found["source"]) == ("1.0", "custom")
    content = found["content"]
    assert content["textType"] == "client-markdown"
    assert content["title"] == ":white_check_mark: titanic: trained, auc 0.870 (accuracy 0.816)"
    lines = content["description"].splitlines()
    assert lines[:2] == [
        "titanic: trained, auc 0.870 (accuracy 0.816) on 179 test rows.",
        "Better than the champion: auc 0.870 against 0.842 on the same 179 test rows, by 0.003 to 0.054.",
    ]
    assert lines[2].startswith("Warning: Boat gives the answer away")
    assert lines[-1] == f"Model: s3://drops/runs/{RUN}/output/model.tar.gz"
    assert content["nextSteps"][0] == f"`traindrop show {RUN}`"
    assert content["keywords"] == ["titanic", "evaluated"]
    assert found["metadata"] == {"threadId": RUN, "summary": content["title"], "eventType": "evaluated"}


def test_a_failure_has_its_cause_and_mend_and_is_marked_as_one() -> None:
    content = told(WHOLE["failed"])["content"]
    assert content["title"].startswith(":x: titanic: training failed")
    assert "The script imports lightgbm" in content["description"]
    assert "requirements.txt" in content["description"]


def test_of_a_tuning_a_chat_has_the_gain_and_what_was_chosen() -> None:
    lines = told(WHOLE["tuned"])["content"]["description"].splitlines()
    assert lines[1].startswith("No difference from the defaults that this test set can show")
    assert lines[2].startswith("20 trials beside the defaults (2 failed, 5 stopped early). The best is trial 14")
    assert lines[-1].startswith("Trials: s3://")


def test_a_channel_keeps_no_link_that_opens_something_and_no_line_of_a_log() -> None:
    for outcome in WHOLE.values():
        assert "X-Amz-" not in str(told(outcome))
        assert "Traceback" not in str(told(outcome))


@pytest.mark.parametrize("kind", Kind)
def test_every_outcome_has_a_notification_even_if_nothing_else_is_known(kind: Kind) -> None:
    content = told(Outcome(kind))["content"]
    assert content["title"]
    assert content["description"]
    assert "None" not in str(content)


HOSTILE = [
    "<!channel>",
    "<@U0123>",
    "@here",
    "*bold*",
    "`code`",
    "~no~",
    "<https://evil|click>",
    "[click](https://evil)",
]


@given(st.lists(st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=40), max_size=6).map("".join))
@settings(max_examples=200, deadline=None)
def test_no_data_mentions_anybody_formats_anything_or_hides_an_address(data: str) -> None:
    outcome = replace(WHOLE["rejected"], dataset=data, reason=data, file=data, warnings=(data,), verdict=data)
    content = told(outcome)["content"]
    said = [
        content["title"],
        content["description"],
        *content["keywords"],
        *(s.strip("`") for s in content["nextSteps"]),
    ]
    for text in said:
        assert not set("<>@*~`|") & set(text), text
        assert "](" not in text


def test_a_notification_fits_into_one_message_of_a_chat() -> None:
    long = replace(WHOLE["failed"], dataset="d" * 300, reason="word " * 3000, warnings=("w" * 900,) * 30)
    content = told(long)["content"]
    assert len(content["title"]) < 250
    assert len(content["description"]) <= 2400
