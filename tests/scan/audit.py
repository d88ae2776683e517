"""Known vulnerabilities of what the locks pin: `python -m tests.scan.audit PIP_AUDIT LOCK...`.

The data is at osv.dev. Where that cannot be reached this says so and passes; with AUDIT=required (as in CI) it fails.
"""

import os
import subprocess
import sys
from urllib.error import URLError
from urllib.request import urlopen

VULNERABILITIES = "https://api.osv.dev/v1/vulns/PYSEC-2018-28"


def why_unreachable() -> str | None:
    """Why there is no vulnerability data; None where there is."""
    try:
        with urlopen(VULNERABILITIES, timeout=10):
            return None
    except (URLError, TimeoutError) as error:
        return str(error)


def main(pip_audit: str, locks: list[str]) -> int:
    if reason := why_unreachable():
        print(f"pip-audit: NOT AUDITED, {VULNERABILITIES} cannot be reached: {reason}")
        return 1 if os.environ.get("AUDIT") == "required" else 0
    # A lock is complete and hashed, so pip has nothing to resolve; strict: what could not be looked up is a failure.
    command = [pip_audit, "--strict", "--vulnerability-service", "osv", "--require-hashes", "--disable-pip"]
    failed = [lock for lock in locks if subprocess.run([*command, "--requirement", lock]).returncode != 0]  # noqa: S603 - our own environment's
    print(f"pip-audit: {len(locks)} locks, to be mended: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
