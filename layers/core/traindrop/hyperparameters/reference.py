"""The hyperparameters as a page: `make reference`."""

import sys
from collections.abc import Iterator
from typing import Any, get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from traindrop.frameworks import FRAMEWORKS
from traindrop.hyperparameters.model import Hyperparameters

_HEAD = """# Hyperparameters

What `hyperparameters` in `training.yaml` takes, by framework; any other name is rejected before a job. A script of your
own takes what it takes, as `--name value`. Written by `make reference`.
"""


def page() -> str:
    """The page as it is published; ends in a newline."""
    sections = [_HEAD]
    for name, framework in FRAMEWORKS.items():
        if framework.hyperparameters is not None:
            sections.append("\n".join([f"## {name}", "", *_table(framework.hyperparameters), ""]))
    return "\n".join(sections)


def _table(model: type[Hyperparameters]) -> Iterator[str]:
    yield "| name | default | range | meaning |"
    yield "| --- | --- | --- | --- |"
    for name, field in model.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        yield f"| `{field.alias or name}` | {default} | {_range(field)} | {field.description} |"


def _range(field: FieldInfo) -> str:
    low, high = "", ""
    for limit in field.metadata:
        match limit:
            case Gt(gt=value):
                low = f"above {value}"
            case Ge(ge=value):
                low = f"from {value}"
            case Lt(lt=value):
                high = f"below {value}"
            case Le(le=value):
                high = f"to {value}"
    return f"{low} {high}".strip() or ", ".join(f"`{choice}`" for choice in _choices(field.annotation))


def _choices(annotation: Any) -> Iterator[str]:
    """What a Literal allows, as it is written in training.yaml, be it alone or beside None."""
    for part in get_args(annotation):
        if isinstance(part, str | bool):
            yield str(part).lower() if isinstance(part, bool) else part
        else:
            yield from _choices(part)


if __name__ == "__main__":
    sys.stdout.write(page())
