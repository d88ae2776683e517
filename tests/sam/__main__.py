"""`python -m tests.sam`: how large what `sam build` made is, and whether only what is needed is in it."""

import sys

from tests.sam.build_rules import Size, foreign, table, too_large, without_bytecode
from tests.sam.built import BuiltFunction, absent, built_functions, files_in

SHOWN = 20


def main() -> None:
    """Print the table and what is wrong; exit status 1 where something is."""
    if missing := absent():
        sys.exit(missing)
    functions = built_functions()
    sizes = [_size(function) for function in functions]
    print("\n".join(table(sizes)))
    wrong = too_large(sizes) + _not_needed(functions)
    if wrong:
        more = [f"… and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        sys.exit("\n".join(["", "This must not be deployed:", *wrong[:SHOWN], *more]))
    print("Nothing is in it that is not needed, and every module of the layers has its bytecode.")


def _size(function: BuiltFunction) -> Size:
    layers = {name: sum(files_in(folder).values()) for name, folder in function.layers.items()}
    return Size(function.name, sum(files_in(function.code).values()), layers)


def _not_needed(functions: list[BuiltFunction]) -> list[str]:
    folders = {function.name: function.code for function in functions}
    folders |= {name: folder for function in functions for name, folder in function.layers.items()}
    found = []
    for name, folder in folders.items():
        paths = list(files_in(folder))
        found += [f"{name}/{problem}" for problem in foreign(paths) + without_bytecode(paths)]
    return found


if __name__ == "__main__":
    main()
