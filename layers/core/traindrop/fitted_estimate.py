"""What one of each term of `traindrop.estimate` costs: processor seconds, bytes.

Made by `python -m benchmarks.fit_estimate`; do not edit.
Measured on: 2 processors, x86_64, Python 3.11.7.
"""

SERIAL = {
    "start": 1.245,
    "bytes": 3.221e-07,
    "cells": 0,
}

SHARED = {
    "trees": 0.002106,
    "tree rows": 1.077e-07,
    "tree cells": 2.795e-12,
    "tree leaves": 1.082e-05,
    "leaf features": 1.277e-06,
}

MEMORY = {
    "start": 1.47e08,
    "rows": 0,
    "cells": 17.61,
    "row trees": 53.79,
    "leaf features": 6078,
}
