"""The text of `traindrop/image_table.py`, out of every single address that the SDK gives: what they share, once."""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tests.oracle.sdk.images import release

# framework → version → region → processor → address
Addresses = Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]

_ADDRESS = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.([a-z0-9.-]+)/([a-z0-9-]+):([a-z0-9.-]+)")
_DOMAIN = "amazonaws.com"


class Row(NamedTuple):
    """One address in its parts."""

    framework: str
    version: str
    processor: str
    account: str
    region: str
    domain: str
    repository: str
    tag: str


def image_table(found: Addresses) -> str:
    """The module's text. Raises ValueError where the addresses have less in common than the table takes for granted."""
    text = "\n\n".join(_sections([*_rows(found)]))
    ruff = [sys.executable, "-m", "ruff", "format", "--line-length=120", "-"]
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own interpreter and script


def _rows(found: Addresses) -> Iterator[Row]:
    for framework, versions in found.items():
        for version in sorted(versions, key=release, reverse=True):
            for region, addresses in sorted(versions[version].items()):
                for processor, address in addresses.items():
                    parts = _ADDRESS.fullmatch(address)
                    if parts is None or parts[2] != region:
                        raise ValueError(f"{framework} {version} in {region}: not understood: {address}")
                    yield Row(framework, version, processor, *parts.groups())


def _sections(rows: list[Row]) -> Iterator[str]:
    yield '"""Where SageMaker has its training images. Made by `make images` from SageMaker\'s SDK, not by hand."""'
    frameworks = [*dict.fromkeys(row.framework for row in rows)]
    accounts = {
        name: _agreed((row.region, row.account) for row in rows if row.framework == name) for name in frameworks
    }
    names = {
        name: "_" + "_".join(other for other in frameworks if accounts[other] == accounts[name]).upper()
        for name in frameworks
    }
    yield "# The AWS account with a framework's images, by region."
    yield from dict.fromkeys(f"{names[name]} = {accounts[name]}" for name in frameworks)
    yield f"ACCOUNTS = {{{', '.join(f'{name!r}: {names[name]}' for name in frameworks)}}}"
    yield f"REPOSITORIES = {_agreed((row.framework, row.repository) for row in rows)}"
    yield f"# Tags by framework, version (newest first) and kind of instance.\nTAGS = {_tags(rows)}"
    yield f"# The oldest version of a region that came later than others.\nSINCE = {_since(rows, accounts)}"
    domains = _agreed((row.region, row.domain) for row in rows if row.domain != _DOMAIN)
    yield f"# Where a region's addresses do not end in {_DOMAIN}.\nDOMAINS = {domains}"


def _agreed(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in pairs:
        if found.setdefault(key, value) != value:
            raise ValueError(f"{key}: both {found[key]} and {value}; the table has to be split")
    return dict(sorted(found.items()))


def _tags(rows: list[Row]) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        versions = found.setdefault(row.framework, {})
        versions[row.version] = _agreed([*versions.get(row.version, {}).items(), (row.processor, row.tag)])
    return found


def _since(rows: list[Row], accounts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """A region's oldest version where others have older ones. Raises ValueError where a region lacks a newer one."""
    found: dict[str, dict[str, str]] = {}
    for framework, regions in accounts.items():
        versions = [*dict.fromkeys(row.version for row in rows if row.framework == framework)]
        for region in regions:
            there = [*dict.fromkeys(row.version for row in rows if (row.framework, row.region) == (framework, region))]
            if there != versions[: len(there)]:
                raise ValueError(f"{framework} in {region}: {there} are not the newest of {versions}")
            if there != versions:
                found.setdefault(framework, {})[region] = there[-1]
    return found
