"""A message for Slack and Microsoft Teams, as Amazon Q Developer in chat applications takes it from a topic.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from typing import Any

from traindrop import plain_text
from traindrop.message import headline
from traindrop.next_steps import advice, commands
from traindrop.outcome import Kind, Outcome
from traindrop.tuning_lines import tuning_facts

# The documentation names no limits that all chats have; these fit into one message of Slack's (3,000 characters a
# block) with room for what is made of them.
_TITLE, _DESCRIPTION, _STEP = 200, 2400, 300
# What Slack's or Teams' markdown would make something of, data must not: mentions, links, code, emphasis.
_HARMLESS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "＠", "*": "∗", "`": "'", "~": "∼", "|": "¦"})
_GOOD = {Kind.EVALUATED: ":white_check_mark:", Kind.REPEATED: ":repeat:", Kind.REJECTED: ":no_entry_sign:"}


def notification(outcome: Outcome, subject: str) -> dict[str, Any]:
    """Of a run all that a chat needs; messages about one run share a thread. No links: a channel keeps them."""
    name = outcome.run or outcome.function or "traindrop"
    title = f"{_GOOD.get(outcome.kind, ':x:')} {_text(subject.removeprefix('[traindrop] '), _TITLE)}"
    content: dict[str, Any] = {
        "textType": "client-markdown",
        "title": title,
        "description": _description(outcome),
        "nextSteps": [f"`{_text(command, _STEP)}`" for command in commands(outcome)],
        "keywords": [_text(word, 70) for word in (outcome.dataset, outcome.kind.value) if word],
    }
    metadata = {"threadId": plain_text.line(name, 100), "summary": title, "eventType": outcome.kind.value}
    return {"version": "1.0", "source": "custom", "content": content, "metadata": metadata}


def _description(outcome: Outcome) -> str:
    facts = [
        headline(outcome),
        *(tuning_facts(outcome.tuning) if outcome.tuning else ()),
        outcome.verdict,
        *(f"Warning: {text}" for text in outcome.warnings),
        outcome.known.cause if outcome.known else None,
        outcome.reason,
        advice(outcome),
        f"Cost: {outcome.cost}" if outcome.cost else None,
        f"Report: {outcome.report_uri}" if outcome.report_uri else None,
        f"Model: {outcome.model_uri}" if outcome.model_uri else None,
        f"Trials: {outcome.trials_uri}" if outcome.trials_uri else None,
    ]
    return "\n".join(_text(fact, 600) for fact in facts if fact)[:_DESCRIPTION]


def _text(text: str, limit: int) -> str:
    """On one line, and of no meaning to a chat."""
    return plain_text.line(text, limit).translate(_HARMLESS).replace("](", "] (")
