"""checkov on the templates, translated, against what is accepted: `python -m tests.scan.cloudformation CHECKOV`.

It runs without a network and without an account of its maker's.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict
from tests.scan.translated import DEFAULT, OPTIONS, ROOT, write

DEPLOY = "deploy"
Finding = tuple[str, str]
"""A check's id and the resource that failed it, as `<type>.<logical name>`."""


class Accepted(BaseModel):
    """A finding that is meant to be so; `resource` is a pattern with *."""

    model_config = ConfigDict(extra="forbid")

    check: str
    resource: str
    reason: str
    where: Literal["default", "deploy"] | None = None

    def covers(self, template: str, finding: Finding) -> bool:
        check, resource = finding
        return self.check == check and fnmatch(resource, self.resource) and self.where in (None, template)


def accepted() -> list[Accepted]:
    listed = yaml.safe_load(Path(__file__).with_name("accepted.yaml").read_text("utf-8"))
    return [Accepted.model_validate(each) for each in listed]


def complaints(found: Mapping[str, set[Finding]], accept: list[Accepted]) -> list[str]:
    """What is to be mended, given the findings by template: what nobody accepted, what is accepted without need."""
    new = [
        f"{check} fails for {resource} ({template} template)"
        for template, findings in found.items()
        for check, resource in sorted(findings)
        if not any(each.covers(template, (check, resource)) for each in accept)
    ]
    needless = [
        f"accepted.yaml: {each.check} is not found for {each.resource} any more"
        + ("" if each.where else f" with all options in use: delete the entry, or say `where: {DEFAULT}`")
        for each in accept
        if not any(each.covers(each.where or OPTIONS, finding) for finding in found[each.where or OPTIONS])
    ]
    return new + needless


def scanned(checkov: str, template: Path) -> set[Finding]:
    """Raises CalledProcessError with a status above 1 where checkov itself fails."""
    command = [checkov, "--framework", "cloudformation", "--skip-download", "--output", "json", "--file", str(template)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - our own environment's
    if done.returncode > 1:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    report = json.loads(done.stdout)
    if report["summary"]["parsing_errors"] or not report["summary"]["passed"]:
        raise ValueError(f"checkov could not read {template}: {report['summary']}")
    return {(failed["check_id"], failed["resource"]) for failed in report["results"]["failed_checks"]}


def main(checkov: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        templates = write(Path(folder)) | {DEPLOY: ROOT / "deploy" / "github-oidc.yaml"}
        found = {name: scanned(checkov, file) for name, file in templates.items()}
    listed = complaints(found, accepted())
    print("\n".join(listed) or f"checkov: nothing found that is not accepted, in {', '.join(found)} template")
    return 1 if listed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
