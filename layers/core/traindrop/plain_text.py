"""Text that is safe and readable in a mail and a terminal, whatever a data file or a log put into it."""

import re
import textwrap
import unicodedata

WIDTH = 78
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)")


def line(text: str, limit: int = 200) -> str:
    """`text` on one line of at most `limit` characters, without anything that steers a terminal.

    Control, format (direction overrides) and unassigned characters and line separators become spaces.
    """
    return _cut(" ".join(_without_control(text).split()), limit)


def printable(text: str) -> str:
    """`text` as `line` cleans it, in full and with its own line breaks (\\n)."""
    return "\n".join(map(_without_control, text.split("\n")))


def paragraphs(text: str, *, limit: int = 4000, indent: str = "  ") -> list[str]:
    """`text` wrapped to `WIDTH` below `indent`; its own line breaks and indentation stay."""
    lines: list[str] = []
    for given in _cut(text, limit).splitlines():
        plain = _without_control(given).rstrip()
        own = indent + plain[: len(plain) - len(plain.lstrip())]
        lines += textwrap.wrap(
            plain.strip(), WIDTH, initial_indent=own, subsequent_indent=own, break_long_words=False,
            break_on_hyphens=False,
        ) or [""]  # fmt: skip
    return lines


def ascii_line(text: str, limit: int) -> str:
    """As `line`, in ASCII: accents are dropped, what has no ASCII form becomes `?`."""
    plain = unicodedata.normalize("NFKD", line(text, limit=4 * limit))
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    return _cut(bare.encode("ascii", "replace").decode(), limit, mark="...")


def number(value: float) -> str:
    """Three decimals where they say something: 0.816, 12,345.7, 1.2e-05."""
    size = abs(value)
    if size >= 1e9 or 0 < size < 0.001:
        return f"{value:.2e}"
    return f"{value:,.1f}" if size >= 1000 else f"{value:.3f}"


def size(count: int) -> str:
    """Bytes in decimal units: 61 kB."""
    amount, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"


def duration(seconds: float) -> str:
    """`4.2 s`, `3 min 18 s`, `2 h 5 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _without_control(text: str) -> str:
    return "".join(
        " " if unicodedata.category(character) in _UNWANTED else character for character in _ESCAPE.sub("", text)
    )


_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _cut(text: str, limit: int, mark: str = "…") -> str:
    return text if len(text) <= limit else text[: limit - len(mark)] + mark
