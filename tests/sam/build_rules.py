"""What may be deployed: how large a function with its layers may be, and what has no business in a build."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

MEGABYTE = 1024**2
# "250 MB, unzipped. This quota applies to all the files you upload, including layers and custom runtimes."; to
# Lambda that is 262,144,000 bytes.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LIMIT = 250 * MEGABYTE


@dataclass(frozen=True)
class Size:
    """Unzipped bytes of a function: its own code, and each of its layers by name."""

    function: str
    code: int
    layers: Mapping[str, int]

    @property
    def total(self) -> int:
        return self.code + sum(self.layers.values())

    @property
    def share(self) -> float:
        """Of what Lambda takes; above 1 it refuses the function."""
        return self.total / LIMIT


@dataclass(frozen=True)
class Foreign:
    """A reason to keep something out of a build, and how it is known by its path below `/opt` or `/var/task`."""

    reason: str
    is_met: Callable[[PurePosixPath], bool]


def _names_folder(*names: str) -> Callable[[PurePosixPath], bool]:
    return lambda path: not set(names).isdisjoint(path.parts[:-1])


def _ends_in(*suffixes: str) -> Callable[[PurePosixPath], bool]:
    return lambda path: path.suffix in suffixes


def _is_of(*distributions: str) -> Callable[[PurePosixPath], bool]:
    """Of a package by its folder, or by its `<name>-<version>.dist-info`."""
    return lambda path: any(part.partition("-")[0].removesuffix(".py").lower() in distributions for part in path.parts)


def _is_bytecode_of_another_python(path: PurePosixPath) -> bool:
    return path.suffix == ".pyc" and not path.name.endswith(".cpython-313.pyc")


def _is_noted_by_an_installer(path: PurePosixPath) -> bool:
    """METADATA and licences stay: scanners such as Amazon Inspector read versions there."""
    is_metadata = path.parent.suffix == ".dist-info"
    return is_metadata and path.name in {"RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json"}


_MADE_OF = {"Makefile", "requirements.in", "requirements.excludes"}
RULES = (
    Foreign("the runtime has the SDK already", _is_of("boto3", "botocore", "s3transfer")),
    Foreign("nothing is installed in Lambda", _is_of("pip", "setuptools", "wheel", "pkg_resources", "_distutils_hack")),
    Foreign("databases, which no search of ours has", _is_of("sqlalchemy", "alembic", "mako", "greenlet")),
    Foreign("tests and examples of a library", _names_folder("tests", "test", "_examples")),
    Foreign("a cache of a tool", _names_folder(".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".git")),
    Foreign("bytecode that Python 3.13 does not read", _is_bytecode_of_another_python),
    Foreign("types, for a type checker alone", _ends_in(".pyi", ".typed")),
    Foreign("for a compiler alone", _ends_in(".pyx", ".pxd", ".pxi", ".h", ".c", ".cpp", ".a")),
    Foreign("a note of the installer", _is_noted_by_an_installer),
    Foreign("what a layer is made of, not what is in it", lambda path: path.name in _MADE_OF),
    Foreign("metadata of a checkout", lambda path: any(part.endswith(".egg-info") for part in path.parts)),
)


def foreign(paths: Iterable[str]) -> list[str]:
    """What does not belong into a build, each with the first reason that is met, as `path: reason`."""
    found = []
    for path in map(PurePosixPath, paths):
        reason = next((rule.reason for rule in RULES if rule.is_met(path)), None)
        if reason:
            found.append(f"{path}: {reason}")
    return found


def without_bytecode(paths: Iterable[str]) -> list[str]:
    """The modules of a Python layer that Lambda would have to compile at each cold start."""
    every = set(paths)
    modules = (PurePosixPath(path) for path in sorted(every) if path.startswith("python/") and path.endswith(".py"))
    return [f"{path}: has no bytecode" for path in modules if _bytecode_of(path) not in every]


def _bytecode_of(module: PurePosixPath) -> str:
    return str(module.parent / "__pycache__" / f"{module.stem}.cpython-313.pyc")


def too_large(sizes: Iterable[Size]) -> list[str]:
    """The functions that Lambda would refuse."""
    return [
        f"{size.function}: {size.total:,} bytes unzipped with its layers, and Lambda takes {LIMIT:,}"
        for size in sizes
        if size.total > LIMIT
    ]


def table(sizes: Iterable[Size]) -> list[str]:
    """Lines of a table: one for each function and each of its layers, in MB of 1,048,576 bytes."""
    lines = [f"{'function':<12} {'layer':<24} {'MB':>8} {'of the limit':>13}"]
    for size in sizes:
        lines.append(f"{size.function:<12} {'(code)':<24} {size.code / MEGABYTE:8.2f}")
        lines += [f"{'':<12} {name:<24} {layer / MEGABYTE:8.2f}" for name, layer in size.layers.items()]
        lines.append(f"{'':<12} {'total':<24} {size.total / MEGABYTE:8.2f} {size.share:>13.1%}")
    return lines
