"""Where prices come from."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from llm_tracer_service.api.answers.figures import Usage


class PriceSource(Struct, frozen=True):
    """Who says what a token costs: `user` is the price file of TRACER_PRICES with so many `entries`, `computed` the
    public list. `version` names its content; it is the `price_version` of the costs made with it."""

    source: Literal["user", "computed"]
    version: str
    entries: int | None


class UnpricedModel(Struct, frozen=True):
    """A model with calls that have tokens and no cost. The same call reported by two spans is two calls here."""

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
