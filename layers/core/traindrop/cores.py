"""How many processors there are to use. Standard library only and Python 3.10-safe: bundled with training scripts."""

import os


def usable_cores() -> int:
    """Those that this process may run on, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
