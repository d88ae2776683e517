"""A built function under Lambda's own runtime client and emulator, without Docker: what is not built is not there."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.conftest import ROOT
from tests.sam.built import BuiltFunction

VENV = ROOT / ".venv-sam"
PYTHON = VENV / "bin" / "python3.13"
# awslambdaric and boto3, as in Lambda's /var/runtime.
RUNTIME = VENV / "runtime"
# The emulator that the SAM CLI puts into its containers.
EMULATOR = VENV / "lib/python3.13/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
START_SECONDS = 20.0


def absent() -> str | None:
    """Why functions cannot be run so, for a skipped test; None where they can."""
    machine = os.uname()
    if (machine.sysname, machine.machine) != ("Linux", "x86_64"):
        return f"Lambda's emulator runs on Linux and x86_64, and this is {machine.sysname} on {machine.machine}"
    return None if (VENV / ".ready").exists() else "the SAM CLI is not installed: run `make sam` (needs Python 3.13)"


def invoke(function: BuiltFunction, event: Mapping[str, Any], variables: Mapping[str, str]) -> Any:
    """What the function answers; for an error an object with errorType and errorMessage."""
    port, other = _free_port(), _free_port()
    with _emulator(function, variables, port, other) as process:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", json.dumps(event).encode()
        )
        _wait_until_open(port, process)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - on the loopback
                return json.loads(response.read())
        except urllib.error.HTTPError as error:  # a function that could not be imported
            return json.loads(error.read())


@contextmanager
def _emulator(
    function: BuiltFunction, variables: Mapping[str, str], port: int, other: int
) -> Iterator["subprocess.Popen[bytes]"]:
    addresses = (
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{other}",
    )
    # Not the environment's own link to it, and -S: else its packages would be found.
    client = PYTHON.resolve(), "-S", "-m", "awslambdaric", function.handler
    process = subprocess.Popen(  # noqa: S603 - the SAM CLI's own
        [EMULATOR, *addresses, *client], cwd=function.code, env=_environment(function, variables),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _environment(function: BuiltFunction, variables: Mapping[str, str]) -> dict[str, str]:
    layers = [folder / "python" for folder in function.layers.values()]
    return {
        "PATH": os.defpath,
        # The order in which Lambda looks: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
        "PYTHONPATH": os.pathsep.join(map(str, [function.code, *layers, RUNTIME])),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "NO_PROXY": "*",
        **variables,
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_until_open(port: int, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"Lambda's emulator does not answer on port {port} (exit status {process.poll()})")
