"""docs/reference/training-yaml.md, out of `TrainingConfig`."""

import json
import textwrap
from typing import Any

from traindrop.config import MAX_BYTES, TrainingConfig
from traindrop.tuned_ranges import TUNED_BY_SAGEMAKER
from traindrop_cli.reference.markdown import WRITTEN, page, table
from traindrop_cli.reference.types import in_words

_HEAD = f"""\
`datasets/<dataset>/training.yaml`, at most {MAX_BYTES // 1024} kB. Every field may be left out; `target` only where one
column is called target, label, class or y. A field that is not here, a wrong type or a value out of range is rejected.
Editors check the file against [training.schema.json](../training.schema.json). What it is all for:
[the guide](../guide.md#change-the-settings)."""


# Sections of their own, by their names in the schema: what stands above them, and what a field of theirs takes.
_TUNING = """\
## tuning

Many trials, each a training job with other hyperparameters, and one with those that the file has, to compare with: the
best one's model is the run's. An example:

```yaml
hyperparameters: {num_round: 200}   # of all trials, where it is not searched
tuning:
  max_jobs: 20
  strategy: bayesian
  objective: auc                    # or {metric: score, direction: maximize, regex: 'score=([0-9.]+)'}
  ranges:
    max_depth: {min: 2, max: 8}
    eta: {min: 0.01, max: 0.3, scale: log}
    subsample: [0.6, 0.8, 1.0]
  max_cost_usd: 0.50
```"""
_OBJECTIVE = """\
### tuning.objective

The name of a metric, or these fields. Our scripts log validation:auc, validation:logloss and validation:error of two
classes, validation:mlogloss and validation:merror of more, validation:rmse and validation:mae of numbers. Of a script
of your own the metric has to be named."""
_RANGE = """\
### tuning.ranges

By the name of a hyperparameter a list of values, or these fields. On an instance AWS tunes of its XGBoost image
(frameworks xgboost and builtin-xgboost) only these; in Lambda there is no such limit:
"""
_SECTIONS = {
    "TuningConfig": _TUNING,
    "Objective": _OBJECTIVE,
    "Range": _RANGE + "\n".join(textwrap.wrap(f"{', '.join(TUNED_BY_SAGEMAKER)}.", 118)),
}


def training_yaml() -> str:
    schema = TrainingConfig.model_json_schema()
    definitions = schema["$defs"]
    parts = [_table(schema, definitions)]
    for name, text in _SECTIONS.items():
        parts += [text, _table(definitions[name], definitions)]
    return page("training.yaml", WRITTEN, _HEAD, *parts)


def _table(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    rows = [
        (f"`{name}`", in_words(_given(field), definitions), _default(field), field["description"])
        for name, field in schema["properties"].items()
    ]
    return table(("field", "takes", "default", "meaning"), rows)


def _given(field: dict[str, Any]) -> dict[str, Any]:
    """Null is the same as to leave the field out."""
    others = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
    return {**field, "anyOf": others} if others else field


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    return "" if default is None or default in ([], {}) else f"`{json.dumps(default).strip(chr(34))}`"
