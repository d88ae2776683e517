"""`python -m tests.fuzz TARGET [option of libFuzzer …] [folder of inputs …]`, in the environment of `make fuzz`.

Each input that is found to do wrong is left in the present folder (crash-…, timeout-…, oom-…); called with that file,
the target does the same again.
"""

import sys

import atheris

with atheris.instrument_imports(include=["traindrop", "yaml", "tarfile"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    target = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
