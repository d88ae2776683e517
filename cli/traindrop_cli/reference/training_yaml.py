"""docs/reference/training-yaml.md, out of `TrainingConfig`."""

import json
from typing import Any

from traindrop.config import MAX_BYTES, TrainingConfig
from traindrop_cli.reference.markdown import WRITTEN, page, table
from traindrop_cli.reference.types import in_words

_HEAD = f"""\
`datasets/<dataset>/training.yaml`, at most {MAX_BYTES // 1024} kB. Every field may be left out; `target` only where one
column is called target, label, class or y. A field that is not here, a wrong type or a value out of range is rejected.
Editors check the file against [training.schema.json](../training.schema.json). What it is all for:
[the guide](../guide.md#change-the-settings)."""


def training_yaml() -> str:
    schema = TrainingConfig.model_json_schema()
    rows = [
        (f"`{name}`", in_words(_given(field), schema.get("$defs", {})), _default(field), field["description"])
        for name, field in schema["properties"].items()
    ]
    return page("training.yaml", WRITTEN, _HEAD, table(("field", "takes", "default", "meaning"), rows))


def _given(field: dict[str, Any]) -> dict[str, Any]:
    """Null is the same as to leave the field out."""
    others = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
    return {**field, "anyOf": others} if others else field


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    return "" if default is None or default in ([], {}) else f"`{json.dumps(default).strip(chr(34))}`"
