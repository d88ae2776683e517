"""What `sam build` left in `.aws-sam/build`: the folder of each function and of its layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

from traindrop_cli.local.template import read_template

BUILD = ROOT / ".aws-sam" / "build"
TEMPLATE = BUILD / "template.yaml"


@dataclass(frozen=True)
class BuiltFunction:
    """A function as it would be uploaded; its layers by logical name, in the order in which Lambda unpacks them."""

    name: str
    code: Path
    handler: str
    layers: Mapping[str, Path]


def absent() -> str | None:
    """Why there is nothing to look at, for a skipped test; None where there is."""
    return None if TEMPLATE.is_file() else "nothing is built: run `make sam`, which needs Python 3.13"


def built_functions() -> list[BuiltFunction]:
    """Every function of the built template."""
    template = read_template(TEMPLATE)
    shared = template["Globals"]["Function"]
    found = template["Resources"]
    return [
        _function(name, {**shared, **resource["Properties"]}, found)
        for name, resource in found.items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]


def _function(name: str, properties: Mapping[str, Any], resources: Mapping[str, Any]) -> BuiltFunction:
    layers = [layer["Ref"] for layer in properties.get("Layers", [])]
    folders = {layer: BUILD / resources[layer]["Properties"]["ContentUri"] for layer in layers}
    return BuiltFunction(name, BUILD / properties["CodeUri"], properties["Handler"], folders)


def files_in(folder: Path) -> dict[str, int]:
    """Bytes of each file, by its path below the folder."""
    return {
        file.relative_to(folder).as_posix(): file.stat().st_size for file in sorted(folder.rglob("*")) if file.is_file()
    }
