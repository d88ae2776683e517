"""The tables of docs/scale.md, anew from what the benchmarks last measured (benchmarks/results).

    python -m benchmarks.scale

Each stands between a comment that names it and one that ends it; the text around is kept. What was not measured is said
to be so.
"""

import re
import sys
from collections.abc import Callable, Mapping

from benchmarks.processes import ROOT
from benchmarks.scale_of_files import constants, limits_of_one_file, machines
from benchmarks.scale_of_runs import a_day_of_runs

PAGE = ROOT / "docs" / "scale.md"
TABLES: Mapping[str, Callable[[], str]] = {
    "constants": constants,
    "machines": machines,
    "one file": limits_of_one_file,
    "runs": a_day_of_runs,
}
_TABLE = re.compile(r"(<!-- table: (?P<name>[a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
    print(f"Written: {PAGE.relative_to(ROOT)}")
    return 0


def filled(page: str) -> str:
    """The page with its tables anew. Raises `KeyError` for one that is none of `TABLES`."""
    return _TABLE.sub(lambda found: f"{found[1]}{TABLES[found['name']]()}\n{found[3]}", page)


if __name__ == "__main__":
    sys.exit(main())
