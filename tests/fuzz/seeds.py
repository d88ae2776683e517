"""Inputs to begin with, so that the fuzzers need not invent CSV, YAML and tar: `python -m tests.fuzz.seeds FOLDER`."""

import io
import sys
import tarfile
from pathlib import Path

CSV = b"length,width,y\n" + b"".join(
    b"%d.5,%d,%s\n" % (n % 7, n % 5, b"rose" if n % 7 > 3 else b"tulip") for n in range(40)
)
YAML = (
    b"target: y\nframework: pytorch\nhyperparameters: {max_depth: 3, eta: 0.1}\ndrop: [a, 'b c']\n"
    b"instance_count: 2\nmax_runtime: 15m\nuse_spot: true\nmax_wait: 2h\ntags: {team: x}\nenvironment: {A: '1'}\n"
)


def archive(kind: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as tar:
        for name, content in (("model.ubj", b"{}"), ("deep/" + "n" * 90, b"x" * 600), ("dataset.json", b"{}")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue().rstrip(b"\0") + bytes(1024)


def seeds() -> dict[str, dict[str, bytes]]:
    """By target and name."""
    return {
        "csv": {
            "plain": b"\0\0" + CSV,
            "semicolons": b"\0\0" + CSV.replace(b",", b";").replace(b".", b","),
            "part": b"\0\1" + CSV,
            "numbers": b"\3\0" + b"".join(b"%d,%d.5,%d\n" % (n % 2, n % 7, n) for n in range(40)),
            "quoted": b'\0\0a,"b ""c""",y\n' + b'2024-01-31,"x\ny",1\n' * 10 + b"31/12/2024,,0\n" * 10,
        },
        "yaml": {"all": YAML, "none": b"", "json": b'{"target": "y", "drop": ["a"]}', "alias": b"a: &x [1]\nb: *x\n"},
        "tar": {
            "pax": b"\0" + archive(),
            "gnu": b"\0" + archive(tarfile.GNU_FORMAT),
            "ustar": b"\1" + archive(tarfile.USTAR_FORMAT),
        },
    }


def main() -> None:
    for target, inputs in seeds().items():
        for name, content in inputs.items():
            path = Path(sys.argv[1]) / target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    main()
