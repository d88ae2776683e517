"""What one of each term of `traindrop.estimate` costs: processor seconds, bytes.

Made by `python -m benchmarks.fit_estimate`; do not edit.
Measured on: 2 processors, x86_64, Python 3.11.7.
"""

SERIAL = {
    "start": 1.204,
    "bytes": 3.56e-07,
    "cells": 0,
}

SHARED = {
    "trees": 0.002164,
    "tree rows": 1.162e-07,
    "tree cells": 0,
    "tree leaves": 8.477e-06,
    "leaf features": 1.247e-06,
}

MEMORY = {
    "start": 1.479e08,
    "rows": 0,
    "cells": 15.17,
    "row trees": 62.57,
    "leaf features": 6439,
}
