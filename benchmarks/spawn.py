"""Runs a command and writes what it took, as the kernel counts it, to a file: `python -S spawn.py FILE COMMAND …`.

A process of its own, and a small one: the kernel counts for a child's peak also what its parent had when it began.
"""

import json
import os
import sys
import time

if __name__ == "__main__":
    file, *command = sys.argv[1:]
    began = time.monotonic()
    child = os.posix_spawn(command[0], command, os.environ)
    _, status, used = os.wait4(child, 0)
    found = {
        "began": began,
        "seconds": time.monotonic() - began,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    with open(file, "w", encoding="utf-8") as out:
        json.dump(found, out)
    # As a shell tells of a child that was killed.
    code = os.waitstatus_to_exitcode(status)
    sys.exit(code if code >= 0 else 128 - code)
