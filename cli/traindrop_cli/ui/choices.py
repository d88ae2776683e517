"""What a person chose for a file, and the training.yaml that says so. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from traindrop.config import MAX_BYTES
from traindrop.errors import Rejected
from traindrop.strict_yaml import InvalidYaml, load

# Those that the page has a field of its own for.
_OWN = ("target", "drop", "task", "framework", "instance_type")
_TEXTS = ("dataset", "task", "framework", "instance_type")


@dataclass(frozen=True)
class Choices:
    """`more`: the further fields of training.yaml, as YAML; `target` is "" where none is chosen."""

    dataset: str = ""
    target: str = ""
    drop: tuple[str, ...] = ()
    task: str = "auto"
    framework: str = "xgboost"
    instance_type: str = "auto"
    more: str = ""


def choices_of_form(form: Mapping[str, Sequence[str]], names: Sequence[str], shown: int, before: Choices) -> Choices:
    """From the fields of the form by their names; columns are given by their places among `names`.

    Of columns after the first `shown`, which the form does not have, stays left out what was.
    """
    texts = {name: values[-1].strip() for name, values in form.items() if name in _TEXTS}
    dropped = tuple(name for place in form.get("drop", ()) if (name := _column(place, names)))
    kept = tuple(name for name in before.drop if name in names[shown:])
    target = _column(form.get("target", [""])[-1], names)
    more = form.get("more", [""])[-1].replace("\r\n", "\n")
    return Choices(**texts, target=target, drop=dropped + kept, more=more)


def _column(place: str, names: Sequence[str]) -> str:
    """ "" where there is no such column."""
    return names[int(place)] if place.isascii() and place.isdigit() and int(place) < len(names) else ""


def choices_of_config(dataset: str, text: bytes | None, target: str) -> Choices:
    """From a training.yaml, None where there is none. `target`: guessed, where it names none.

    One that cannot be read is shown as it stands, to be mended.
    """
    if text is None:
        return Choices(dataset=dataset, target=target)
    try:
        fields = load(text, max_bytes=MAX_BYTES) or {}
    except (InvalidYaml, yaml.YAMLError, UnicodeDecodeError):
        return Choices(dataset=dataset, target=target, more=text.decode("utf-8", "replace"))
    if not isinstance(fields, dict) or not _is_plain(fields):
        return Choices(dataset=dataset, target=target, more=text.decode("utf-8", "replace"))
    own = {name: fields[name] for name in _OWN if name in fields}
    more = {name: value for name, value in fields.items() if name not in _OWN}
    return Choices(
        **{"dataset": dataset, "target": target, **own, "drop": tuple(own.get("drop", ()))},
        more=yaml.safe_dump(more, allow_unicode=True, sort_keys=False) if more else "",
    )


def _is_plain(fields: Mapping[Any, Any]) -> bool:
    """Whether the page's own fields are of the kinds that it can show."""
    texts = all(isinstance(fields.get(name, ""), str) for name in _OWN if name != "drop")
    return (
        texts and isinstance(fields.get("drop", []), list) and all(isinstance(n, str) for n in fields.get("drop", []))
    )


def config_text(choices: Choices) -> bytes:
    """The training.yaml. Raises `Rejected` where the further fields cannot be read."""
    try:
        more = load(choices.more.encode(), max_bytes=MAX_BYTES) or {}
    except (InvalidYaml, yaml.YAMLError) as error:
        raise Rejected(f"More settings cannot be read as YAML: {error}") from error
    if not isinstance(more, dict):
        raise Rejected("More settings have to be lines of `field: value`, as in training.yaml.")
    if twice := [name for name in _OWN if name in more]:
        raise Rejected(f"More settings name {', '.join(twice)}, for which there is a field of its own. Set it there.")
    fields: dict[str, Any] = {"target": choices.target} if choices.target else {}
    chosen = {"drop": list(choices.drop), "task": choices.task, "framework": choices.framework,
              "instance_type": choices.instance_type}  # fmt: skip
    default = {"drop": [], "task": "auto", "framework": "xgboost", "instance_type": "auto"}
    fields |= {name: value for name, value in chosen.items() if value != default[name]}
    return yaml.safe_dump({**fields, **more}, allow_unicode=True, sort_keys=False).encode()
