"""What one of each term of `traindrop.estimate` costs: processor seconds, bytes.

Made by `python -m benchmarks.fit_estimate`; do not edit.
Measured on: 2 processors, x86_64, Python 3.11.7.
"""

SERIAL = {
    "start": 0.477,
    "bytes": 0,
    "cells": 1.723e-06,
}

SHARED = {
    "trees": 0.00136,
    "tree rows": 5.76e-08,
    "tree cells": 4.648e-10,
    "tree leaves": 1.806e-05,
    "leaf features": 1.502e-06,
}

MEMORY = {
    "start": 6.395e07,
    "rows": 14.91,
    "cells": 0,
    "cells as text": 113.8,
    "bytes kept": 1.959,
    "row trees": 21.35,
    "leaf features": 3340,
}
