"""The pages as text, out of pages/*.html. What comes out of data is escaped by the templates."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from traindrop import plain_text

_FOLDER = Path(__file__).parent / "pages"
_LONGEST = 4000


def render(name: str, values: Mapping[str, Any]) -> str:
    """The page or the part of a page of that name."""
    return _environment().get_template(f"{name}.html").render(values)


@cache
def _environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "number": plain_text.number,
        "short": plain_text.line,
        "drawing": Markup,
        "moment": _moment,
        "size": plain_text.size,
        "duration": plain_text.duration,
        "address": _address,
    }
    return found


def _shown(value: Any) -> Any:
    """What a template writes: no control characters, and nothing that turns the direction of text around."""
    return plain_text.printable(value)[:_LONGEST] if type(value) is str else value


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _address(text: str) -> str:
    """A name within an address."""
    return quote(text, safe="")
