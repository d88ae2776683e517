"""What one of each term of `traindrop.estimate` costs: processor seconds, bytes.

Made by `python -m benchmarks.fit_estimate`; do not edit.
Measured on: 2 processors, x86_64, Python 3.11.7.
"""

SERIAL = {
    "start": 1.215,
    "bytes": 3.482e-07,
    "cells": 0,
}

SHARED = {
    "trees": 0.002134,
    "tree rows": 1.171e-07,
    "tree cells": 0,
    "tree leaves": 8.603e-06,
    "leaf features": 1.261e-06,
}

MEMORY = {
    "start": 1.474e08,
    "rows": 0,
    "cells": 16.22,
    "row trees": 56.38,
    "leaf features": 6363,
}
