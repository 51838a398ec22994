"""The numbers in a query and their units, read and written: `2s`, `10k`, `$0.01`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

from llm_tracer_service.query.fields import ValueType

_COUNT: Mapping[str, int] = {"": 1, "k": 1_000, "M": 1_000_000}
_UNITS: Mapping[ValueType, Mapping[str, int]] = {
    "duration": {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000},
    "count": _COUNT,
    "any": _COUNT,
    "dollars": {"": 1},
}

EXPECTED: Mapping[ValueType, str] = {
    "duration": "a number with a unit",
    "count": "a number",
    "any": "a number",
    "dollars": "an amount in dollars",
}
EXAMPLES: Mapping[ValueType, str] = {"duration": "2s", "count": "10k", "any": "0.5", "dollars": "0.01"}

_NUMBER = re.compile(r"([+-]?)(\$?)((?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)([^0-9\s]*)")


def number_of(text: str, type: ValueType) -> float | None:  # noqa: A002
    """The number that a text stands for, a duration in milliseconds; None if it is not a number."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, dollar, digits, unit = match.groups()
    if dollar and type != "dollars":
        return None
    # Decimal, so that 0.57s is 570 ms and not 569.9999999999999.
    number = Decimal(sign + digits)
    factor = _UNITS[type].get(unit)
    if factor is None:
        # Zero is the same in every unit.
        return 0.0 if unit == "" and number == 0 else None
    scaled = float(number * factor)
    return scaled if math.isfinite(scaled) else None


def repaired(text: str, type: ValueType) -> str | None:  # noqa: A002
    """The right spelling of the number that was meant (`2sec`, `10K`, `2` for a time); a number as it is; None without a
    guess."""
    if number_of(text, type) is not None:
        return text
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, _, digits, unit = match.groups()
    if type == "dollars" and unit not in ("", "$", "USD", "usd"):
        return None
    guesses = (unit[:2].lower(), unit[:1].lower(), unit[:1].upper(), "s", "")
    spelled = (sign + digits + guess for guess in guesses if guess in _UNITS[type])
    return next((guess for guess in spelled if number_of(guess, type) is not None), None)


def spell(number: float, type: ValueType) -> str:  # noqa: A002
    """The shortest text that `number_of` reads as this number. The number must be finite."""
    for unit, factor in reversed(list(_UNITS[type].items())):
        if number and factor > 1 and abs(number) < 2**53 and number % factor == 0:
            return f"{number / factor:.0f}{unit}"
    plain = repr(float(number)).removesuffix(".0")
    return plain + ("ms" if type == "duration" and number else "")
