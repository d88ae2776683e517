"""YAML without its surprises: no anchors, no tags that build objects, no key twice."""

from typing import Any

import yaml


class InvalidYaml(Exception):
    """The text is YAML, but uses what a plain settings file has no need of."""


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        # Nested anchors make a few lines expand to gigabytes ("billion laughs").
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise InvalidYaml(f"line {event.start_mark.line + 1} uses an alias (*name); write the value out")
        return super().compose_node(parent, index)

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


def load(text: bytes, *, max_bytes: int) -> object:
    """The one document in `text` (UTF-8).

    Raises `InvalidYaml`, `yaml.YAMLError` or `UnicodeDecodeError`.
    """
    if len(text) > max_bytes:
        raise InvalidYaml(f"it is {len(text):,} bytes long; at most {max_bytes:,} are read")
    # A subclass of SafeLoader, which builds plain values only; S506 does not see that.
    return yaml.load(text.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506
