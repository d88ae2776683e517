"""What a field takes, in words, from its JSON Schema."""

from typing import Any

_LIMITS = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "to {}", "exclusiveMaximum": "below {}"}
_COUNTS = {"maxItems": "at most {} of them", "maxProperties": "at most {} of them", "maxLength": "at most {} letters"}
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


def in_words(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """`whole number from 1 to 20`; `text or null`."""
    if "$ref" in schema:
        return in_words(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(in_words(each, definitions) for each in schema["anyOf"]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    limits = [text.format(f"{schema[name]:,}") for name, text in (_LIMITS | _COUNTS).items() if name in schema]
    return " ".join([_kind(schema, definitions), *limits])


def _kind(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    match schema:
        case {"type": "array", "prefixItems": _}:
            return "a pair"
        case {"type": "array"}:
            return f"list of {in_words(schema.get('items', {}), definitions)}"
        case {"type": "object", "properties": dict(fields)}:
            return f"object of {', '.join(f'`{name}`' for name in fields)}"
        case {"type": "object", "patternProperties": dict(patterns)}:
            return f"{in_words(next(iter(patterns.values())), definitions)} by name"
        case {"type": "object"}:
            inner = schema.get("additionalProperties")
            return f"{in_words(inner, definitions)} by name" if isinstance(inner, dict) else "object"
        case {"type": "string", "format": str(form)}:
            return {"date-time": "time (ISO 8601)", "date": "day (ISO 8601)"}.get(form, form)
        case {"type": str(kind)}:
            return _WORDS[kind]
        case _:
            return "anything"
