"""DynamoDB's condition and update expressions, as far as the ledger uses them; anything else is an error.

Values are as boto3's resource gives and takes them. `test_table.py` compares every answer with moto's.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

Item = dict[str, Any]
# From an item, the names and the values of the call to a truth or a value; None where an attribute is absent.
_Evaluate = Callable[[Item, dict[str, str], dict[str, Any]], Any]
_TOKEN = re.compile(r"\s*(<=|>=|<>|[(),=<>]|[#:\w]+)")
_CLAUSE = re.compile(r"\b(SET|ADD|REMOVE|DELETE)\b")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "attribute_exists": lambda found: found is not None,
    "attribute_not_exists": lambda found: found is None,
    "size": lambda found: None if found is None else Decimal(len(found)),
    "begins_with": lambda found, part: isinstance(found, str) and found.startswith(part),
    "contains": lambda found, part: found is not None and part in found,
}


def stored(value: Any) -> Any:
    """`value` as it comes back from the table. Raises `TypeError` for what boto3 would refuse."""
    if isinstance(value, float):
        raise TypeError("Float types are not supported. Use Decimal types instead.")
    if isinstance(value, bool | str | Decimal) or value is None:
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, dict):
        return {name: stored(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [stored(part) for part in value]
    if isinstance(value, set) and value:
        return frozenset(value)
    raise TypeError(f"Unsupported type {type(value)} for value {value!r}")


@cache
def condition(text: str) -> _Evaluate:
    """A condition expression, or a key condition, read once."""
    parser = _Parser(_TOKEN.findall(text))
    found = parser.either()
    if parser.tokens:
        raise NotImplementedError(text)
    return found


def updated(item: Item, text: str, names: dict[str, str], values: dict[str, Any]) -> Item:
    """`item` after an update expression."""
    item = dict(item)
    for action, places in _update(text):
        for place, operand in places:
            name = names[place] if place.startswith("#") else place
            value = values[operand] if operand else None
            if action == "SET":
                item[name] = value
            elif action == "REMOVE":
                item.pop(name, None)
            elif action == "ADD":
                item[name] = item.get(name, frozenset()) | value if isinstance(value, frozenset) else (
                    item.get(name, Decimal(0)) + value
                )  # fmt: skip
            elif item.get(name, frozenset()) - value:
                item[name] -= value
            else:  # a set is never empty
                item.pop(name, None)
    return item


@cache
def _update(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    parts = _CLAUSE.split(text)
    clauses = []
    for action, body in zip(parts[1::2], parts[2::2], strict=True):
        places = []
        for part in body.split(","):
            place, *operand = part.replace("=", " ").split()
            if len(operand) != (action != "REMOVE") or any(not word.startswith(":") for word in operand):
                raise NotImplementedError(text)
            places.append((place, operand[0] if operand else ""))
        clauses.append((action, places))
    return clauses


class _Parser:
    """Recursive descent over the tokens of one condition; NOT and BETWEEN are not known."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def either(self) -> _Evaluate:
        return self._joined("OR", self._all, any)

    def _all(self) -> _Evaluate:
        return self._joined("AND", self._one, all)

    def _joined(self, word: str, part: Callable[[], _Evaluate], join: Callable[[Any], bool]) -> _Evaluate:
        parts = [part()]
        while self.tokens and self.tokens[0] == word:
            self.tokens.pop(0)
            parts.append(part())
        return parts[0] if len(parts) == 1 else lambda *call: join(each(*call) for each in parts)

    def _one(self) -> _Evaluate:
        if self.tokens[0] == "(":
            self.tokens.pop(0)
            found = self.either()
            self._expect(")")
            return found
        left = self._operand()
        if not self.tokens or self.tokens[0] in {"AND", "OR", ")"}:
            return left
        word = self.tokens.pop(0)
        if word == "IN":
            among = self._arguments()
            return lambda *call: left(*call) in [each(*call) for each in among]
        compare, right = _COMPARE[word], self._operand()

        def evaluate(*call: Any) -> bool:
            a, b = left(*call), right(*call)
            return type(a) is type(b) and a is not None and compare(a, b)

        return evaluate

    def _operand(self) -> _Evaluate:
        word = self.tokens.pop(0)
        if word in _FUNCTIONS:
            function, arguments = _FUNCTIONS[word], self._arguments()
            return lambda *call: function(*(each(*call) for each in arguments))
        if word.startswith(":"):
            return lambda _item, _names, values: values[word]
        if word.startswith("#"):
            return lambda item, names, _values: item.get(names[word])
        if not word.isidentifier():
            raise NotImplementedError(word)
        return lambda item, _names, _values: item.get(word)

    def _arguments(self) -> list[_Evaluate]:
        self._expect("(")
        found = [self._operand()]
        while self.tokens[0] == ",":
            self.tokens.pop(0)
            found.append(self._operand())
        self._expect(")")
        return found

    def _expect(self, token: str) -> None:
        if self.tokens.pop(0) != token:
            raise NotImplementedError(f"{token} was expected")
