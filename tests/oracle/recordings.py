"""What the SDKs were asked and what they would have sent, in a file, so that no test needs them to compare.

`python -m tests.oracle.recordings` (`make images`) asks anew and writes these files and the table of images.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from tests.oracle.cases import Case, cases
from tests.oracle.generated_table import image_table
from tests.oracle.sdk_environment import ask
from tests.oracle.tuning_cases import tuning_cases

import traindrop.image_table

Kind = Literal["training", "tuning"]
SDKS = (2, 3)
_SCRIPTS: dict[Kind, dict[int, str]] = {
    "training": {2: "estimators.py", 3: "model_trainer.py"},
    "tuning": {2: "tuners.py", 3: "model_tuners.py"},
}


def questions(sdk: int, kind: Kind = "training") -> dict[str, Case]:
    """The cases that a version of the SDK is asked, by name; v3's trainer only where there is no script."""
    known: Iterable[Case] = cases() if kind == "training" else tuning_cases()
    return {case.name: case for case in known if sdk == 2 or not case.has_script}


def recorded(sdk: int, kind: Kind = "training") -> dict[str, Any]:
    """`asked` and `sent` by the case's name."""
    found: dict[str, Any] = json.loads(_file(sdk, kind).read_text("utf-8"))
    return found


def asked_anew(sdk: int, kind: Kind = "training") -> dict[str, Any]:
    questioned = {name: case.question() for name, case in questions(sdk, kind).items()}
    sent = ask(sdk, _SCRIPTS[kind][sdk], questioned)
    return {name: {"asked": questioned[name], "sent": sent[name]} for name in questioned}


def _file(sdk: int, kind: Kind) -> Path:
    return Path(__file__).parent / "recorded" / f"{'' if kind == 'training' else 'tuning_'}sdk{sdk}.json"


def _text(value: Any, depth: int = 3) -> str:
    """JSON with one line for each field of a request."""
    if depth == 0 or not isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    lines = [f"{' ' * (4 - depth)}{json.dumps(key)}: {_text(inner, depth - 1)}" for key, inner in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + " " * (3 - depth) + "}"


if __name__ == "__main__":
    Path(traindrop.image_table.__file__).write_text(image_table(ask(3, "images.py", [])["addresses"]), "utf-8")
    for each in _SCRIPTS:
        for version in SDKS:
            _file(version, each).write_text(_text(asked_anew(version, each)) + "\n", "utf-8")
