"""YAML without its surprises: no aliases, no tags, no dates (they stay text), no key twice."""

from typing import Any

import yaml


class InvalidYaml(Exception):
    """The text is YAML, but uses what a plain settings file has no need of."""


# No number of a settings file is longer; Python itself neither reads nor shows ints beyond 4,300 digits.
_MAX_DIGITS = 40
_DATE = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML reads it from the class
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATE]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        # Nested aliases make a few lines expand to gigabytes ("billion laughs").
        if isinstance(event, yaml.events.AliasEvent):
            raise InvalidYaml(f"line {line} uses an alias (*name); write the value out")
        if getattr(event, "tag", None) is not None:
            raise InvalidYaml(f"line {line} uses the tag {event.tag}; leave it out, or put the value in quotes")
        if any("\ud800" <= letter <= "\udfff" for letter in getattr(event, "value", "")):
            raise InvalidYaml(f"line {line} holds half a character (\\ud800 to \\udfff), which no text may")
        return super().compose_node(parent, index)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        line = node.start_mark.line + 1
        if len(node.value) > _MAX_DIGITS:
            raise InvalidYaml(f"line {line}: a number of {len(node.value):,} characters is too long")
        try:
            return super().construct_yaml_int(node)
        except (ValueError, OverflowError) as error:  # 0x_ looks like a number to PyYAML's pattern
            raise InvalidYaml(f"line {line}: {node.value} is no number; put it in quotes if it is text") from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise InvalidYaml(f"line {line}: the field name {key!r} is no text; put it in quotes")
            if key in seen:
                raise InvalidYaml(f"line {line}: {key} stands here a second time; keep one of them")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


def load(text: bytes, *, max_bytes: int) -> object:
    """The one document in `text` (UTF-8).

    Raises `InvalidYaml`, `yaml.YAMLError` or `UnicodeDecodeError`.
    """
    if len(text) > max_bytes:
        raise InvalidYaml(f"it is longer than {max_bytes:,} bytes, which is the most that is read")
    decoded = text.decode("utf-8-sig")
    try:
        return yaml.load(decoded, Loader=_Loader)  # noqa: S506 - a SafeLoader, which builds plain values only
    except RecursionError as error:
        raise InvalidYaml("it is nested too deeply") from error
    except (ValueError, OverflowError) as error:  # "\U22222222" is no character of Unicode's, and PyYAML does not look
        raise InvalidYaml(f"it holds something that is no text: {error}") from error
