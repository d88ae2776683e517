"""A message as a webhook gets it: what it says as JSON, signed as Standard Webhooks has it.

EventBridge writes the body of the request anew from the event, so no signature could cover its bytes. What is signed
stands in it as one text, `payload`, which every JSON reader gives back as it was: HMAC-SHA256, by the key, over
`<id>.<timestamp>.<payload>`. https://www.standardwebhooks.com
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from traindrop import plain_text
from traindrop.events import MessageSent
from traindrop.gain import Tuned
from traindrop.message import headline
from traindrop.next_steps import advice, commands
from traindrop.outcome import Outcome

PREFIX = "whsec_"
# So that an event stays below 256 KB whatever is in it: a character may take 14 bytes, escaped twice.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
_MOST_TEXT, _MOST_WARNINGS, _MOST_SETTINGS = 1000, 10, 30


def webhook_message(outcome: Outcome, name: str, stack: str, key: str, moment: datetime) -> MessageSent:
    """The signed message `name` (of a run its name); `key` is base64, with or without `whsec_` in front.

    Raises `ValueError` for another key.
    """
    # It is the receiver's to tell a repeated delivery by, so the moment has no part in it.
    identity = hashlib.sha256(f"{stack}/{name}".encode()).hexdigest()[:32]
    timestamp = str(int(moment.timestamp()))
    content = {"type": f"run.{outcome.kind.value}", "timestamp": moment.isoformat(), "data": _data(outcome, stack)}
    payload = json.dumps(content)
    return MessageSent(
        id=f"msg_{identity}", timestamp=timestamp, payload=payload,
        signature=signature(f"msg_{identity}", timestamp, payload, key),
    )  # fmt: skip


def signature(identity: str, timestamp: str, payload: str, key: str) -> str:
    """`v1,<base64>` of the HMAC-SHA256. Raises `ValueError` for a key that is no base64."""
    secret = base64.b64decode(key.removeprefix(PREFIX), validate=True)
    digest = hmac.new(secret, f"{identity}.{timestamp}.{payload}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _data(outcome: Outcome, stack: str) -> dict[str, Any]:
    """No links: whoever reads an event of the account could use them."""
    return {
        "stack": stack,
        "run": outcome.run,
        "dataset": _clean(outcome.dataset),
        "outcome": outcome.kind.value,
        "headline": headline(outcome),
        "main_metric": outcome.main_metric,
        "metrics": dict(outcome.metrics),
        "metrics_of": ("validation" if outcome.only_validation else "test") if outcome.metrics else None,
        "intervals": {name: list(low_high) for name, low_high in outcome.intervals.items()},
        "verdict": _clean(outcome.verdict),
        "champion": outcome.champion,
        "tuning": _tuning(outcome.tuning) if outcome.tuning else None,
        "warnings": [_clean(text) for text in outcome.warnings[:_MOST_WARNINGS]],
        "reason": _clean(outcome.reason),
        "cause": _clean(outcome.known.cause) if outcome.known else None,
        "advice": _clean(advice(outcome)) or None,
        "cost": outcome.cost,
        "duration_seconds": outcome.duration_seconds,
        "billable_seconds": outcome.billable_seconds,
        "file": _clean(outcome.file),
        "model": outcome.model_uri,
        "report": outcome.report_uri,
        "evaluation": outcome.evaluation_uri,
        "trials": outcome.trials_uri,
        "next": commands(outcome),
    }


def _tuning(found: Tuned) -> dict[str, Any]:
    chosen = {
        _clean(name): _clean(value) if isinstance(value, str) else value
        for name, value in list(found.hyperparameters.items())[:_MOST_SETTINGS]
    }
    return found.model_dump(mode="json") | {"hyperparameters": chosen}


def _clean(text: str | None) -> str | None:
    """Without what steers a terminal, and of bounded length."""
    if text is None:
        return None
    plain = plain_text.printable(text)
    return plain if len(plain) <= _MOST_TEXT else f"{plain[: _MOST_TEXT - 1]}…"
