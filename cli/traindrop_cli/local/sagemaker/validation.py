"""Parameters checked against botocore's own model of SageMaker, in the words that AWS uses.

botocore checks required fields, types and minimums before it sends; pattern, enum and maximum length it leaves
to the server, which is here.
"""

import functools
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
from botocore.model import StructureShape

from traindrop_cli.local.sagemaker.errors import ApiError, validation_error

# Java's regular expressions know Unicode categories by name; these are the ones in SageMaker's model.
_CATEGORIES = {
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}
_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "structure": ("an object", (dict,)),
    "map": ("an object", (dict,)),
    "list": ("a list", (list,)),
    "string": ("a String", (str,)),
    "integer": ("an Integer", (int,)),
    "long": ("a Long", (int,)),
    "float": ("a Float", (int, float)),
    "double": ("a Double", (int, float)),
    "boolean": ("a Boolean", (bool,)),
    "timestamp": ("a Timestamp", (int, float, str)),
}


@functools.cache
def input_shape(operation: str) -> StructureShape:
    """The input shape of a SageMaker operation, as the installed botocore has it."""
    model = botocore.session.Session().get_service_model("sagemaker")
    shape = model.operation_model(operation).input_shape
    if shape is None:
        raise LookupError(f"{operation} takes no parameters")
    return shape


def validate(operation: str, parameters: Mapping[str, Any]) -> None:
    """Raise ApiError with every violation that the parameters hold."""
    found = list(violations(input_shape(operation), parameters, ""))
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise validation_error(f"{len(found)} validation {noun} detected: {'; '.join(found)}")


def violations(shape: Any, value: Any, path: str) -> Iterator[str]:
    """Each violated constraint as `Value '…' at '…' failed to satisfy constraint: …`, outermost first."""
    _require_type(shape, value, path)
    for constraint in _own_violations(shape, value):
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
    if shape.type_name == "structure":
        yield from _member_violations(shape, value, path)
    elif shape.type_name == "list":
        for index, member in enumerate(value, start=1):
            yield from violations(shape.member, member, f"{path}.{index}.member")
    elif shape.type_name == "map":
        yield from _map_violations(shape, value, path)


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the model for Python's `re`."""
    for category, characters in _CATEGORIES.items():
        pattern = pattern.replace(category, characters)
    for category in ("M", "P", "S"):
        if rf"\p{{{category}}}" in pattern:
            pattern = pattern.replace(rf"\p{{{category}}}", _characters(category))
    # Of the metadata of a model package: an end that is to be there so many times says nothing.
    return re.compile(re.sub(r"\$\{\d+,\d+\}$", "", pattern))


@functools.cache
def _characters(category: str) -> str:
    """Every character of a Unicode category (marks, punctuation, symbols), as a part of a character class."""
    found = (chr(code) for code in range(sys.maxunicode + 1))
    return "".join(re.escape(each) for each in found if unicodedata.category(each)[0] == category)


def _require_type(shape: Any, value: Any, path: str) -> None:
    expected, types = _TYPES[shape.type_name]
    is_bool = isinstance(value, bool) and shape.type_name != "boolean"
    if is_bool or not isinstance(value, types):
        raise ApiError(
            "SerializationException", f"{type(value).__name__} at '{path}' can not be converted to {expected}"
        )


def _own_violations(shape: Any, value: Any) -> Iterator[str]:
    limits = shape.metadata
    if shape.type_name == "string":
        if limits.get("enum") and value not in limits["enum"]:
            yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
        yield from _size_violations(limits, len(value), "have length")
        if "pattern" in limits and not compiled(limits["pattern"]).fullmatch(value):
            yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    elif shape.type_name in ("list", "map"):
        yield from _size_violations(limits, len(value), "have length")
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _size_violations(limits, value, "have value")


def _size_violations(limits: Mapping[str, Any], size: float, what: str) -> Iterator[str]:
    if "min" in limits and size < limits["min"]:
        yield f"Member must {what} greater than or equal to {limits['min']}"
    if "max" in limits and size > limits["max"]:
        yield f"Member must {what} less than or equal to {limits['max']}"


def _member_violations(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in value.keys() - shape.members.keys():
        # The real service ignores what it does not know; a misspelt field is worth an error here.
        yield f"Unknown field '{name}' at '{path or shape.name}'; known: {', '.join(sorted(shape.members))}"
    for name in shape.required_members:
        if value.get(name) is None:
            where = _join(path, name)
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from violations(member, value[name], _join(path, name))


def _map_violations(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for part, members in (("keys", value.keys()), ("value", value.values())):
        member_shape = shape.key if part == "keys" else shape.value
        for member in members:
            _require_type(member_shape, member, path)
            if broken := ", ".join(_own_violations(member_shape, member)):
                constraint = f"Map {part} must satisfy constraint: [{broken}]"
                yield f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _join(path: str, name: str) -> str:
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name
