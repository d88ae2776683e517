"""docs/reference/events.md, out of the event models."""

from typing import Any, get_args

from pydantic import BaseModel

from traindrop.events import DetailType, MessageSent, Rerun, RunChanged, Stop
from traindrop_cli.reference.markdown import WRITTEN, page, table
from traindrop_cli.reference.types import in_words

_HEAD = """\
On the account's default event bus, with source `traindrop.<stack>`. A rule of yours may take any of them. Events come
at least once: one may come twice. Samples lie in [events/](../../events). A training in a Lambda function is told of by
`SageMaker Training Job State Change` in the shape of SageMaker's own, with our source."""
_MEANING = {
    "Run Rejected": "the check found that it cannot be trained on",
    "Run Repeated": "the same file with the same settings was dropped before; nothing is launched",
    "Run Waiting": "it is in the line, for a quota or a pause before a further attempt",
    "Launch Failed": "SageMaker would not take the job",
    "Training Failed": "the job failed, and no further attempt is made",
    "Run Stopped": "someone stopped it, or it reached its maximum run time",
    "Model Evaluated": "trained, and evaluated",
    "Evaluation Failed": "trained, but the model could not be evaluated, or `strict` found warnings",
    "Message Sent": "a message to the webhook",
    "Rerun Requested": "trains the files of a run once more; `request_id` tells one wish from another",
    "Stop Requested": "stops a run",
}
_MESSAGE = """\
## The message

One for each run that ends, to the stack's topic: a subject, a text for people ([samples](../messages.md)), and the
message attributes `outcome` and `dataset` to filter by. The webhook gets it as JSON: [messages.md](../messages.md)."""


def events() -> str:
    told = [name for name in _detail_types() if name != "Message Sent"]
    return page(
        "Events",
        WRITTEN,
        _HEAD,
        f"## What traindrop tells\n\n{_types(told)}\n\nThe detail of each:\n\n{_fields(RunChanged)}",
        f"## What it is asked\n\nPut such an event on the bus, as `traindrop rerun` and `traindrop stop` do.\n\n"
        f"{_types(['Rerun Requested'])}\n\n{_fields(Rerun)}\n\n{_types(['Stop Requested'])}\n\n{_fields(Stop)}",
        _MESSAGE,
        f"## To a webhook\n\n{_types(['Message Sent'])}\n\n{_fields(MessageSent)}",
    )


def _detail_types() -> list[str]:
    """Of `DetailType`, whose parts are Literals."""
    return [name for part in get_args(DetailType) for name in get_args(part)]


def _types(names: list[str]) -> str:
    return table(("detail-type", "meaning"), [(f"`{name}`", _MEANING[name]) for name in names])


def _fields(model: type[BaseModel]) -> str:
    schema: dict[str, Any] = model.model_json_schema()
    definitions, required = schema.get("$defs", {}), schema.get("required", [])
    rows = [
        (f"`{name}`", in_words(field, definitions), "" if name in required else "may be missing")
        for name, field in schema["properties"].items()
    ]
    return table(("field", "takes", ""), rows)
