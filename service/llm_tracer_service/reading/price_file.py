"""The user's own prices: a TOML or JSON file that takes precedence over the public list (docs/prices.md)."""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from llm_tracer.model.reading import Cost, Usage

_MILLION = 10**6
_REMEMBERED_MAX = 5_000

PRICES = (
    "input", "output", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning", "audio",
    "input_audio", "output_audio", "per_request",
)  # fmt: skip
"""What an entry may price: dollars per million tokens, for `per_request` dollars per call."""

_OTHERS = ("model", "provider", "from", "until", "currency", "usd")


class PriceFileError(ValueError):
    """A price file that cannot be used. The text names the file, the entry and its line, and what would be right."""


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """The prices of the models that a pattern names, valid from `start_ns` until before `end_ns`.

    `prices` are US dollars per token (`per_request`: per call); a kind of tokens without a price of its own has that of
    the kind it is part of.
    """

    model: re.Pattern[str]
    provider: re.Pattern[str] | None
    prices: Mapping[str, float]
    start_ns: int | None = None
    end_ns: int | None = None

    def fits(self, provider: str | None, model: str) -> bool:
        """Whether it applies to this model of this provider. Letter case does not matter; the whole name must match."""
        if self.provider is not None and (provider is None or not self.provider.fullmatch(provider)):
            return False
        return self.model.fullmatch(model) is not None

    def holds(self, at_ns: int) -> bool:
        """Whether it is valid at a time."""
        return (self.start_ns is None or at_ns >= self.start_ns) and (
            self.end_ns is None or at_ns < self.end_ns
        )

    def cost(self, usage: Usage, version: str) -> Cost | None:
        """What these tokens cost; None if some of them have no price, and calls have none either."""
        charged: dict[str, float] = {}
        for name, tokens in _kinds(usage, self.prices):
            price = self._price(name)
            if price is None:
                return None
            charged[name] = tokens * price
        output = math.fsum(cost for name, cost in charged.items() if name in _OUTPUT)
        given = math.fsum(cost for name, cost in charged.items() if name not in _OUTPUT)
        if "per_request" in self.prices:
            charged["per_request"] = self.prices["per_request"]
        parts = {name: cost for name, cost in charged.items() if cost}
        return Cost(math.fsum(charged.values()), given, output, parts, source="user", price_version=version)

    def _price(self, name: str | None) -> float | None:
        while name is not None:
            if name in self.prices:
                return self.prices[name]
            name = _PART_OF.get(name)
        return 0.0 if "per_request" in self.prices else None


_OUTPUT = ("output", "reasoning", "output_audio")
_PART_OF = {
    "fresh_input": "input",
    "cache_read": "input",
    "cache_write": "input",
    "cache_write_5m": "cache_write",
    "cache_write_1h": "cache_write",
    "input_audio": "input",
    "reasoning": "output",
    "output_audio": "output",
}
"""The kind whose price applies to a kind of tokens without one."""


def _kinds(usage: Usage, prices: Mapping[str, float]) -> Iterator[tuple[str, int]]:
    """The tokens of a call by kind, each counted once. Audio and reasoning are kinds of their own only if they are priced."""
    five, hour = usage.cache_write_5m or 0, usage.cache_write_1h or 0
    write = max((usage.cache_write or 0) - five - hour, 0)
    read = usage.cache_read or 0
    heard = (usage.input_audio or 0) if "input_audio" in prices else 0
    spoken = (usage.output_audio or 0) if "output_audio" in prices else 0
    thought = (usage.reasoning or 0) if "reasoning" in prices else 0
    counts = {
        "fresh_input": (usage.input or 0) - read - write - five - hour - heard,
        "cache_read": read,
        "cache_write": write,
        "cache_write_5m": five,
        "cache_write_1h": hour,
        "input_audio": heard,
        "output": (usage.output or 0) - thought - spoken,
        "reasoning": thought,
        "output_audio": spoken,
    }
    return ((name, count) for name, count in counts.items() if count > 0)


class PriceFile:
    """All entries of a file, in order: the first that fits counts. `version` names the file and its content."""

    def __init__(self, entries: Sequence[PriceEntry], version: str) -> None:
        self.entries = entries
        self.version = version
        self._fitting = lru_cache(_REMEMBERED_MAX)(self._find_fitting)

    def find(self, provider: str | None, model: str, at_ns: int) -> PriceEntry | None:
        """The first entry for this model at this time (nanoseconds since 1970)."""
        return next((entry for entry in self._fitting(provider, model) if entry.holds(at_ns)), None)

    def _find_fitting(self, provider: str | None, model: str) -> tuple[PriceEntry, ...]:
        return tuple(entry for entry in self.entries if entry.fits(provider, model))


def load_price_file(path: Path) -> PriceFile:
    """The prices in a file, JSON or TOML by its extension. Raises PriceFileError, also if there is no such file."""
    try:
        text = path.expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "not UTF-8"
        raise PriceFileError(f"The price file {path} cannot be read: {reason}.") from None
    return parse_price_file(text, path.name)


def parse_price_file(text: str, name: str = "prices.toml") -> PriceFile:
    """The prices in a text. Raises PriceFileError."""
    is_json = name.lower().endswith(".json")
    try:
        table = json.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        raise PriceFileError(f"{name} is not {'JSON' if is_json else 'TOML'}: {fault}.") from None
    if isinstance(table, list):
        table = {"prices": table}
    rows = table.get("prices") if isinstance(table, dict) else None
    if not isinstance(rows, list):
        example = '{"prices": [{"model": …}]}' if is_json else "[[prices]] with model = …"
        raise PriceFileError(f"{name} has no list of prices: write {example}.")
    unknown = next((key for key in table if key not in ("prices", "currency", "usd")), None)
    if unknown is not None:
        raise PriceFileError(f"{name}: {unknown!r} is not known. Beside prices there are currency and usd.")
    lines = [] if is_json else [n for n, line in enumerate(text.splitlines(), 1) if _HEAD.match(line)]
    common = {key: table[key] for key in ("currency", "usd") if key in table}
    entries = []
    for number, row in enumerate(rows, 1):
        line = f", line {lines[number - 1]}" if number <= len(lines) else ""
        try:
            entries.append(_entry({**common, **row} if isinstance(row, dict) else row))
        except ValueError as fault:
            raise PriceFileError(f"{name}, entry {number}{line}: {fault}") from None
    return PriceFile(entries, f"{name} {hashlib.sha256(text.encode()).hexdigest()[:8]}")


_HEAD = re.compile(r"\s*\[\[\s*prices\s*\]\]")


def _entry(row: Any) -> PriceEntry:
    if not isinstance(row, dict):
        raise ValueError(f"an entry is a table with model and prices, not {row!r}.")
    unknown = next((key for key in row if key not in PRICES and key not in _OTHERS), None)
    if unknown is not None:
        raise ValueError(f"{unknown!r} is not known. Known: {', '.join((*_OTHERS, *PRICES))}.")
    if "model" not in row:
        raise ValueError("model is missing: a regular expression for the whole name, such as 'gpt-4o.*'.")
    usd = _dollars_per_unit(row)
    prices = {name: _price(name, row[name]) * usd for name in PRICES if name in row}
    if not prices:
        raise ValueError(f"it has no price. Known: {', '.join(PRICES)}.")
    per_token = {name: price / _MILLION for name, price in prices.items() if name != "per_request"}
    if "audio" in per_token:
        audio = per_token.pop("audio")
        per_token = {"input_audio": audio, "output_audio": audio, **per_token}
    if "per_request" in prices:
        per_token["per_request"] = prices["per_request"]
    start, end = _moment("from", row.get("from")), _moment("until", row.get("until"))
    if start is not None and end is not None and start >= end:
        raise ValueError("until is not after from.")
    provider = _pattern("provider", row["provider"]) if "provider" in row else None
    return PriceEntry(_pattern("model", row["model"]), provider, per_token, start, end)


def _dollars_per_unit(row: Mapping[str, Any]) -> float:
    currency = row.get("currency", "USD")
    if not isinstance(currency, str):
        raise ValueError(f"currency is a code such as 'EUR', not {currency!r}.")
    if currency.upper() == "USD":
        return 1.0
    if "usd" not in row:
        raise ValueError(f"totals are in US dollars: say with usd = 1.08 how many one {currency} is.")
    return _price("usd", row["usd"])


def _price(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{name} is a number from 0, not {value!r}.")
    return float(value)


def _pattern(name: str, value: Any) -> re.Pattern[str]:
    if not isinstance(value, str):
        raise ValueError(f"{name} is a regular expression as text, not {value!r}.")
    try:
        return re.compile(value, re.IGNORECASE)
    except re.error as fault:
        raise ValueError(f"{name} is no regular expression: {value!r}: {fault}.") from None


def _moment(name: str, value: Any) -> int | None:
    """A day or a moment, in UTC unless it says otherwise, as nanoseconds since 1970."""
    if value is None:
        return None
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise ValueError(f"{name} is a day such as 2026-11-23, not {value!r}.")
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return int(value.timestamp()) * 10**9
