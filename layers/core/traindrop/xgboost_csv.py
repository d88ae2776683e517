"""Numbers as XGBoost's own CSV reader takes them: `xgboost.DMatrix("file?format=csv&label_column=0")`.

The image's algorithm mode reads its channels with it. It knows no header and no quotes, takes an empty cell, `nan`
and most texts for missing (a lone dash and, as the label, anything else for 0), and is no strtof: digits before and
after the point become two float32 that are added (dmlc-core, include/dmlc/strtonum.h). 1.18, a hundredth of plain
decimals and a tenth of long ones come out one step beside the nearest float32, and a row with just that value may then
fall on the other side of a split than it did in training. So what is written for it is a text that it reads exactly.
Measured with XGBoost 3.2; the tests compare.
"""

import math
import re
import struct
from functools import lru_cache

NAN = math.nan
# An empty cell would do as well, but a last column without any value would then not be counted as a column.
MISSING = "nan"

_FLOAT32 = struct.Struct("f")
_PLAIN = re.compile(r"\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?)(\d+))?")
_MOST_DECIMALS = 19  # digits after the point beyond them are skipped
_LARGEST, _SMALLEST = 3.402823466, 1.175494351  # times 1e38 and 1e-38: the ends of float32
# By the binary exponent of a number below 2**25: so many decimals that they are within a quarter of its last bit.
_DECIMALS = tuple(max(math.ceil((25 - exponent) * math.log10(2)), 0) for exponent in range(26))


def value_of(text: str) -> float:
    """The float32 that XGBoost reads for a cell that holds a number, NaN for another."""
    found = _PLAIN.match(text)
    if found is None or not (found[2] or found[3]):
        return NAN
    sign, whole, decimals, exponent_sign, exponent = found.groups()
    value = _parts(whole, decimals or "")
    if exponent:
        value = _scaled(value, int(exponent), small=exponent_sign == "-")
    return -value if sign == "-" else value


def text_of(value: float) -> str:
    """What to write so that XGBoost reads this float32, as short as is quick to find.

    Exact but for about one in 10,000 numbers below 1e-30, where it is the nearest that can be said.
    """
    return MISSING if value != value else _text(value)


@lru_cache(maxsize=65_536)
def _text(value: float) -> str:
    if abs(value) < 2**63 and value.is_integer():
        return str(int(value))
    short = f"{value:.6g}"
    if _rounded(float(short)) == value and "e" not in short and value_of(short) == value:
        return short
    exponent = math.frexp(value)[1]
    if 0 < exponent <= 25:
        return f"{value:.{_DECIMALS[exponent]}f}".rstrip("0")
    if 1e-9 < abs(value) < 1:
        return f"{value:.{_significant(value)}f}".rstrip("0")
    return _with_exponent(value)


def _with_exponent(value: float) -> str:
    """Of some ways to write a number with an exponent the one that is read best."""
    best = ""
    for power in range(-38, 39):
        mantissa = value / 10.0**power
        if 1e-10 < abs(mantissa) < 1e19:
            text = f"{mantissa:.{_significant(mantissa)}f}e{power}"
            if value_of(text) == value:
                return text
            best = min(best or text, text, key=lambda text: abs(value_of(text) - value))
    return best


def _significant(value: float) -> int:
    """So many decimals that nine digits count: what tells any two float32 apart."""
    return max(8 - math.floor(math.log10(abs(value))), 0)


def _parts(whole: str, decimals: str) -> float:
    value = _rounded(int(whole or 0) % 2**64)  # it counts in 64 bits, and beyond them from 0
    if decimals:
        decimals = decimals[:_MOST_DECIMALS]
        value = _rounded(value + _rounded(int(decimals) / 10 ** len(decimals)))
    return value


def _scaled(value: float, exponent: int, *, small: bool) -> float:
    if exponent >= 38:
        exponent = 38
        value = max(value, _rounded(_SMALLEST)) if small else min(value, _rounded(_LARGEST))
    scale = 1.0
    for step in [1e8] * (exponent // 8) + [10.0] * (exponent % 8):
        scale = _rounded(scale * step)
    return _rounded(value / scale if small else value * scale)


def _rounded(value: float) -> float:
    """To the nearest float32."""
    try:
        return float(_FLOAT32.unpack(_FLOAT32.pack(value))[0])
    except OverflowError:
        return math.inf
