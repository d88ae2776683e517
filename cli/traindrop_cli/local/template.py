"""A SAM template made ready to deploy without `sam`: its folders zipped, its paths replaced by S3 locations."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# Where the two serverless types name their folder.
_FOLDERS = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
_REQUIREMENTS = "requirements.txt"
_LEFT_OUT = (_REQUIREMENTS, "requirements.in", "Makefile")
_OLDEST = (1980, 1, 1, 0, 0, 0)  # of a zip entry: the same folder always gives the same bytes


class TemplateError(Exception):
    """The template cannot be deployed."""


@dataclass(frozen=True)
class Package:
    """What is uploaded: a zipped folder, whose `key` is named after its content, or the template."""

    key: str
    content: bytes


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms; dates stay text, as in `Version: 2012-10-17`."""


def read_template(file: Path) -> dict[str, Any]:
    """The template with `!Ref`, `!Sub` and the other short forms in their long form."""
    with file.open(encoding="utf-8") as text:
        template = yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    if not isinstance(template, dict) or "Resources" not in template:
        raise TemplateError(f"{file}: expected a template with Resources")
    return template


def packaged(template: Mapping[str, Any], folder: Path, bucket: str) -> tuple[dict[str, Any], list[Package]]:
    """The template with S3 locations in `bucket` for its local folders (relative to `folder`), and their zips."""
    packages: list[Package] = []
    resources: dict[str, Any] = {}
    for name, resource in template["Resources"].items():
        place = _FOLDERS.get(resource["Type"])
        local = resource.get("Properties", {}).get(place)
        if place is None or not isinstance(local, str) or local.startswith("s3://"):
            resources[name] = resource
            continue
        package = _package(folder / local, _prefix(resource, folder / local))
        packages.append(package)
        properties = {**resource["Properties"], place: {"Bucket": bucket, "Key": package.key}}
        resources[name] = {**resource, "Properties": properties}
    return {**template, "Resources": resources}, packages


def _prefix(resource: Mapping[str, Any], folder: Path) -> str:
    """What is built for a Python layer comes under python/; another layer goes as it is.

    A layer that its own Makefile builds (layers/Makefile) is one of Python where it has requirements.
    """
    if resource["Type"] != "AWS::Serverless::LayerVersion":
        return ""
    method = resource.get("Metadata", {}).get("BuildMethod", "")
    is_python = method.startswith("python") or (method == "makefile" and (folder / _REQUIREMENTS).is_file())
    return "python/" if is_python else ""


def _package(folder: Path, prefix: str) -> Package:
    """The zip of a folder. Dependencies are not in it: handlers run in the environment that has them already."""
    if not folder.is_dir():
        raise TemplateError(f"the template names the folder {folder}, which does not exist")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if prefix:
            archive.writestr(zipfile.ZipInfo(prefix, _OLDEST), b"")
        for file in _files(folder):
            entry = zipfile.ZipInfo(prefix + file.relative_to(folder).as_posix(), _OLDEST)
            entry.external_attr = (file.stat().st_mode & 0o777) << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    content = buffer.getvalue()
    return Package(f"{hashlib.sha256(content).hexdigest()}.zip", content)


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name not in _LEFT_OUT and "__pycache__" not in file.parts:
            yield file


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


def _as_text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_Loader.add_multi_constructor("!", _short_form)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _as_text)
