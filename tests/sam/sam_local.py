"""`sam local invoke` of what `sam build` made, in a container that reaches a local AWS of this machine."""

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.sam.built import BUILD, TEMPLATE
from tests.sam.runtime_client import VENV

from traindrop_cli.local.sagemaker.docker_engine import DockerEngine
from traindrop_cli.local.template import read_template

# What the SAM CLI would pull; tests/sam/base_image.sh makes one that stands in for it.
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
# As Lambda, which delivers again what was not answered: of some 160 one hung, and of others the answer was lost.
TRIES, SECONDS = 3, 100
_PLACES = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def absent(engine: DockerEngine) -> str | None:
    """Why nothing can be invoked so, for a skipped test; None where it can."""
    if not (VENV / ".ready").exists():
        return "the SAM CLI is not installed: run `make sam` (needs Python 3.13)"
    if bridge(engine) is None:
        return "the address of Docker's bridge is not this machine's own, so no container would reach the local AWS"
    found = _docker(engine, "image", "inspect", IMAGE)
    return f"there is no image {IMAGE}: pull it, or run `make lambda-image`" if found.returncode else None


def bridge(engine: DockerEngine) -> str | None:
    """The address under which containers reach this machine; None where it is not this machine's (Docker Desktop)."""
    template = "{{(index .IPAM.Config 0).Gateway}}"
    address = _docker(engine, "network", "inspect", "bridge", "--format", template).stdout.strip()
    try:
        socket.create_server((address, 0)).close()
    except OSError:
        return None
    return address


def invoke(
    engine: DockerEngine, function: str, event: Mapping[str, Any], variables: Mapping[str, str], folder: Path
) -> Any:
    """What the function answers; for an error an object with errorType and errorMessage.

    Environment variables of which the template knows nothing do not reach the container (`--env-vars` only replaces
    some): so the built template is copied into `folder` with `variables` as the function's.
    """
    template, file = folder / "template.json", folder / "event.json"
    template.write_text(json.dumps(_with_variables(function, variables)), "utf-8")
    file.write_text(json.dumps(event), "utf-8")
    command: list[str | Path] = [VENV / "bin/sam", "local", "invoke", function, "--skip-pull-image"]
    told = ""
    for _ in range(TRIES):
        try:
            done = subprocess.run(  # noqa: S603 - the SAM CLI
                [*command, "--template", template, "--event", file], cwd=folder, env=_environment(engine, folder),
                capture_output=True, text=True, check=False, timeout=SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            told = f"no answer within {SECONDS} s"
            continue
        if lines := done.stdout.strip().splitlines():
            return json.loads(lines[-1])
        told = f"exit status {done.returncode}:\n{done.stderr[-3000:]}"
    raise RuntimeError(f"sam local invoke {function}, tried {TRIES} times: {told}")


def _with_variables(function: str, variables: Mapping[str, str]) -> dict[str, Any]:
    template = read_template(TEMPLATE)
    for resource in template["Resources"].values():
        if place := _PLACES.get(resource["Type"]):
            resource["Properties"][place] = str(BUILD / resource["Properties"][place])
    template["Resources"][function]["Properties"]["Environment"] = {"Variables": dict(variables)}
    return template


def _environment(engine: DockerEngine, folder: Path) -> dict[str, str]:
    """Without credentials: with some, the SAM CLI asks AWS itself whose they are."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept, **engine.env, "HOME": str(folder), "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip


def _docker(engine: DockerEngine, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the command docker
        [engine.cli, *arguments], env=engine.env, capture_output=True, text=True, check=False
    )
