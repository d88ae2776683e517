"""The fenced blocks of a page of Markdown, and the commands in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = {"sh", "bash", "shell"}


@dataclass(frozen=True)
class Block:
    """`title`: the file that the block is the content of, where it has one."""

    page: str
    line: int
    language: str
    title: str | None
    text: str

    @property
    def is_shell(self) -> bool:
        return self.language in _SHELL or (self.language == "console" and self.text.startswith("$ "))

    def commands(self) -> list[str]:
        """Each command with its comment and its continued lines; of a console what stands after `$ `."""
        if self.language == "console":
            lines = [line.removeprefix("$ ") for line in self.text.splitlines() if line.startswith("$ ")]
        else:
            lines = self.text.replace("\\\n", " ").splitlines()
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text("utf-8")
    for found in _FENCE.finditer(text):
        language, *rest = found["info"].split() or [""]
        title = next((word.removeprefix("title=") for word in rest if word.startswith("title=")), None)
        yield Block(path.name, text[: found.start()].count("\n") + 1, language, title, found["text"])
