"""What a call cost at its time: by the user's price file, or else by the public list of genai-prices.

The list comes with the package; nothing is fetched. A model that neither knows has no cost: unknown is not zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from llm_tracer.model.reading import Cost, Usage

from llm_tracer_service.reading.price_file import PriceFile

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot

_REMEMBERED_MAX = 5_000
_MILLION = 10**6

_LOCAL = frozenset(
    ("ollama", "vllm", "lm_studio", "lmstudio", "llama_cpp", "llamacpp", "local", "huggingface_local")
)
"""Providers that run models locally. The list has no price for that, only what others charge for the same model."""


@dataclass(frozen=True, slots=True)
class _Rates:
    """A model's dollars per token, for each kind of token, valid for calls of up to `input_max` input tokens: beyond that
    another price tier may apply."""

    fresh_input: float
    cache_read: float
    cache_write: float
    output: float
    input_max: float = math.inf

    def hold_for(self, usage: Usage) -> bool:
        """Whether a call has only these kinds of tokens, and no more than these prices cover."""
        special = (
            usage.cache_write_5m
            or usage.cache_write_1h
            or usage.input_audio
            or usage.output_audio
            or usage.input_image
        )
        return not special and (usage.input or 0) <= self.input_max

    def cost(self, usage: Usage, version: str) -> Cost:
        read, write = usage.cache_read or 0, usage.cache_write or 0
        output = (usage.output or 0) * self.output
        parts = {
            "fresh_input": max((usage.input or 0) - read - write, 0) * self.fresh_input,
            "cache_read": read * self.cache_read,
            "cache_write": write * self.cache_write,
            "output": output,
        }
        total = sum(parts.values())
        sent = {name: part for name, part in parts.items() if part}
        return Cost(total, total - output, output, sent, price_version=version)


class PriceBook:
    """Prices of models.

    The list takes 0.4 s and 12 MB to load, because of what its package imports, so it waits for the first call that needs
    a price. Looking up one price takes it 80 µs; the rates of plain calls are therefore kept.
    """

    def __init__(self, own: PriceFile | None = None) -> None:
        """`own` are the user's prices; a model they name is not looked up in the list."""
        self.own = own
        self.list_version = f"genai-prices {version('genai-prices')}"
        self._list: DataSnapshot | None = None
        self._looking_up = Lock()
        self._entry = lru_cache(_REMEMBERED_MAX)(self._find)
        self._rates: dict[int, _Rates | None] = {}

    @property
    def version(self) -> str:
        """Identifies all prices: with another version the same call may have another cost."""
        return self.list_version if self.own is None else f"{self.own.version}, {self.list_version}"

    def cost(self, usage: Usage, provider: str | None, models: Iterable[str], at_ns: int) -> Cost | None:
        """The cost of a call, from the first of `models` that had a price at that time; None if none had.

        `provider` is the canonical name. Unknown token counts cost nothing, so without any there is no cost.
        """
        if usage.input is None and usage.output is None:
            return None
        models = tuple(models)
        own = self._own_cost(usage, provider, models, at_ns)
        if own is not None or provider in _LOCAL:
            return own
        for model in models:
            found = self._entry(provider, model)
            if found is None:
                continue
            rates = self._rates_at(found, at_ns)
            if rates is not None and rates.hold_for(usage):
                return rates.cost(usage, self.list_version)
            return self._calculated(found, usage, at_ns)
        return None

    def context_window(self, provider: str | None, models: Iterable[str]) -> int | None:
        """The context window, in tokens, of the first of `models` that is known; None if the list does not say."""
        for model in models:
            found = self._entry(provider, model)
            if found is not None and found[1].context_window:
                return int(found[1].context_window)
        return None

    def known_model(self, provider: str | None, model: str) -> str | None:
        """The id of the model that a name means, the same for all its names and versions; None if the list does not know
        it."""
        found = self._entry(provider, model)
        return None if found is None else str(found[1].id)

    def _own_cost(self, usage: Usage, provider: str | None, models: Iterable[str], at_ns: int) -> Cost | None:
        if self.own is None:
            return None
        for model in models:
            entry = self.own.find(provider, model, at_ns)
            if entry is not None and (cost := entry.cost(usage, self.own.version)) is not None:
                return cost
        return None

    def _rates_at(self, found: _Entry, at_ns: int) -> _Rates | None:
        """The rates of plain calls at a time; None if the list itself has to calculate. Some models have several prices,
        by the day or the hour; most have one."""
        model = found[1]
        several = isinstance(model.prices, list)
        prices = model.get_prices(_time(at_ns)) if several else model.prices
        # The list keeps its price objects as long as it lives, so their identity can be the key.
        if id(prices) not in self._rates:
            self._rates[id(prices)] = self._rates_of(found, prices.__dict__, at_ns)
        return self._rates[id(prices)]

    def _rates_of(self, found: _Entry, prices: Mapping[str, Any], at_ns: int) -> _Rates | None:
        # Prices per thousand searches never apply, since no usage counts searches; a price per request always does.
        if not all(
            name in _PRICED or (name.endswith("_kcount") and name != "requests_kcount") for name in prices
        ):
            return None
        starts = [tier.start for price in prices.values() for tier in getattr(price, "tiers", ())]
        input_max = min(starts, default=math.inf)
        # Few tokens, if many have another price.
        count = max(1, int(min(_MILLION, input_max)))
        read, write = Usage(input=count, cache_read=count), Usage(input=count, cache_write=count)
        probes = [Usage(input=count), read, write, Usage(input=0, output=count)]
        costs = [cost.total / count for probe in probes if (cost := self._calculated(found, probe, at_ns))]
        return None if len(costs) < len(probes) else _Rates(costs[0], costs[1], costs[2], costs[3], input_max)

    def _find(self, provider: str | None, model: str) -> _Entry | None:
        wanted = None if provider is None else _PROVIDER_IDS.get(provider, provider)
        with self._looking_up:  # looking up makes the models of a provider
            if self._list is None:
                from llm_tracer_service.reading.price_list import load_price_list

                self._list = load_price_list()
            maker = next((maker for name, maker in _MAKERS.items() if model.startswith(name)), None)
            for provider_id in dict.fromkeys((wanted, None, maker)):
                with suppress(LookupError, ValueError):
                    return self._list.find_provider_model(model, None, provider_id, None)
        return None

    def _calculated(self, found: _Entry, usage: Usage, at_ns: int) -> Cost | None:
        import genai_prices

        provider, model = found
        sent = {name: count for field, name in _USAGE.items() if (count := getattr(usage, field)) is not None}
        try:
            price = model.calc_price(
                genai_prices.Usage(**sent), provider, genai_request_timestamp=_time(at_ns)
            )
        except (ValueError, LookupError, ArithmeticError):
            return None
        # The total is the list's own: it may include a price per request besides those of the tokens.
        total, given, output = float(price.total_price), float(price.input_price), float(price.output_price)
        return Cost(total, given, output, price_version=self.list_version)


def _time(at_ns: int) -> datetime:
    return datetime.fromtimestamp(min(max(at_ns, 0) // 10**9, _YEAR_3000_S), UTC)


_YEAR_3000_S = 32_503_680_000
"""Later calls are priced as of then: `datetime` ends with the year 9999, a sender's clock need not."""

_Entry: TypeAlias = tuple[Any, Any]
"""A provider and a model of the list."""

_PRICED = frozenset(
    (
        "input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_5m_mtok", "cache_write_1h_mtok",
        "input_audio_mtok", "cache_audio_read_mtok", "output_audio_mtok",
    )
)  # fmt: skip
"""Prices of the kinds of tokens that `_Rates` covers; a model with others is calculated by the list itself."""

_USAGE = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "reasoning": "output_reasoning_tokens",
    "input_audio": "input_audio_tokens",
    "output_audio": "output_audio_tokens",
    "input_image": "input_image_tokens",
}

_PROVIDER_IDS = {
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "aws.bedrock": "aws",
    "gcp.vertex_ai": "google",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "moonshot_ai": "moonshotai",
}
"""Providers whose id in the price list differs."""

_MAKERS = {"text-embedding-3-": "openai", "text-embedding-ada-": "openai", "amazon.": "aws"}
"""The providers of these models: the list finds them only with a provider, which senders often leave out."""
