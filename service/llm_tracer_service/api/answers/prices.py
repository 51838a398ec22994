"""Where prices come from."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from llm_tracer_service.api.answers.figures import Usage


class PriceSource(Struct, frozen=True):
    """Where token prices come from: `user` is the price file in TRACER_PRICES with its `entries`, `computed` the public
    list. `version` names its content; it is the `price_version` of the costs made with it."""

    source: Literal["user", "computed"]
    version: str
    entries: int | None


class UnpricedModel(Struct, frozen=True):
    """A model that has calls with tokens but no cost. A call reported by two spans counts as two calls here."""

    model: str
    provider: str | None
    calls: int
    usage: Usage | None
    last_call: str
    last_trace_id: str


class Prices(Struct, frozen=True):
    """Where prices come from, and which models have none. `complete`: no call was left out of the search."""

    sources: list[PriceSource]
    models_without_price: list[UnpricedModel]
    calls_seen: int
    complete: bool
