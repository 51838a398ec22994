"""Costs: the sender's first, then the price list at the time of the call, and never a zero for what is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from genai_prices.data_snapshot import get_snapshot
from llm_tracer.model.reading import Cost, Usage
from llm_tracer_service.reading import DialectReader, load_reader
from llm_tracer_service.reading.costs import cost_of
from llm_tracer_service.reading.pricing import PriceBook

from .spans import START, span


@cache
def book() -> PriceBook:
    return PriceBook()


@cache
def priced() -> DialectReader:
    return load_reader(prices=book())


def test_a_plain_model_costs_its_rates() -> None:
    usage = Usage(input=1_000_000, output=100_000, cache_read=400_000)
    cost = book().cost(usage, "openai", ["gpt-4o-mini"], START)
    assert cost is not None
    assert cost.total == pytest.approx(0.6 * 0.15 + 0.4 * 0.075 + 0.1 * 0.6)
    assert cost.input == pytest.approx(0.12)
    assert cost.output == pytest.approx(0.06)
    assert cost.source == "computed"
    assert str(cost.price_version).startswith("genai-prices ")


@pytest.mark.parametrize("model", ["gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro", "gpt-5"])
def test_kept_rates_say_what_the_list_says(model: str) -> None:
    import genai_prices

    usage = Usage(input=9_000, output=700, cache_read=3_000)
    cost = book().cost(usage, None, [model], START)
    listed = genai_prices.calc_price(
        genai_prices.Usage(input_tokens=9_000, output_tokens=700, cache_read_tokens=3_000),
        model,
        genai_request_timestamp=_when(),
    )
    assert cost is not None
    assert cost.total == pytest.approx(float(listed.total_price))


def _when() -> datetime:
    return datetime.fromtimestamp(START // 10**9, UTC)


@pytest.mark.parametrize(
    ("model", "provider"), [("text-embedding-3-small", "openai"), ("amazon.nova-pro-v1:0", "aws.bedrock")]
)
def test_a_model_whose_name_says_the_provider_needs_no_other_word_of_it(model: str, provider: str) -> None:
    usage = Usage(input=1_000_000, output=0)
    cost = book().cost(usage, None, [model], START)
    assert cost is not None
    assert cost == book().cost(usage, provider, [model], START)


def test_unknown_is_none() -> None:
    usage = Usage(input=5)
    assert book().cost(usage, "openai", ["my-own-model"], START) is None
    assert book().cost(usage, "ollama", ["gpt-4o-mini"], START) is None
    assert book().cost(Usage(), "openai", ["gpt-4o-mini"], START) is None


def test_the_asked_model_stands_in_for_an_answering_one_without_a_price() -> None:
    cost = book().cost(Usage(input=1_000_000), "openai", ["ft:unheard-of", "gpt-4o-mini"], START)
    assert cost is not None
    assert cost.total == pytest.approx(0.15)


def test_a_call_is_priced_and_the_senders_cost_goes_first() -> None:
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 10**6,
    }
    computed = priced().read(span(call)).cost
    sent = priced().read(span({**call, "operation.cost": 2.5})).cost
    assert computed is not None
    assert computed.total == pytest.approx(0.15)
    assert sent == Cost(2.5, source="sender")


def test_an_agent_that_sums_up_its_calls_is_not_priced() -> None:
    agent = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 10,
    }
    assert priced().read(span(agent)).cost is None


def test_costs_that_are_sent() -> None:
    assert cost_of({"cost_total": 0.0}) is None
    assert cost_of({"cost_total": 0.0, "cost_stated": 0.0}) == Cost(0.0, source="sender")
    call = {
        "llm_tracer.span.kind": "llm",
        "gen_ai.request.model": "llama",
        "gen_ai.usage.input_tokens": 9,
        "llm.cost.total": 0,
    }
    assert priced().read(span(call, scope="llm-tracer")).cost == Cost(0, source="sender")
    assert priced().read(span(call, scope="openinference.instrumentation.openai")).cost is None
    assert cost_of({"cost_input": 0.25, "cost_output": 0.5}) == Cost(0.75, 0.25, 0.5, source="sender")
    langfuse = cost_of(
        {"cost_object": {"input": 0.1, "input_cached_tokens": 0.2, "output": 0.3, "total": 0.6}}
    )
    assert langfuse is not None
    assert (langfuse.total, langfuse.output) == (0.6, 0.3)
    assert langfuse.input == pytest.approx(0.3)
    mlflow = cost_of({"cost_object": {"input_cost": 0.1, "output_cost": 0.2, "total_cost": 0.3}})
    assert mlflow == Cost(0.3, 0.1, 0.2, source="sender")


@pytest.mark.parametrize(
    "usage",
    [
        Usage(input=150_000, output=700, cache_read=50_000),
        Usage(input=200_000, output=700, cache_write=1_000),
        Usage(input=300_000, output=10),
    ],
)
def test_kept_rates_say_what_the_list_says_of_every_model(usage: Usage) -> None:
    """Tiers, and prices for each request."""
    book = PriceBook()
    now = 1_795_000_000 * 10**9
    compared = 0
    for provider in get_snapshot().providers:
        for model in provider.models:
            rates = book._rates_at((provider, model), now)
            if rates is None or not rates.hold_for(usage):
                continue
            said = book._calculated((provider, model), usage, now)
            assert said is not None, model.id
            assert rates.cost(usage, "").total == pytest.approx(said.total), model.id
            compared += 1
    assert compared > 100


@pytest.mark.parametrize(
    "special", ["cache_write_5m", "cache_write_1h", "input_audio", "output_audio", "input_image"]
)
def test_kept_rates_are_not_for_tokens_with_a_price_of_their_own(special: str) -> None:
    book = PriceBook()
    found = book._find("openai", "gpt-4o-mini")
    assert found is not None
    rates = book._rates_at(found, 1_795_000_000 * 10**9)
    assert rates is not None
    assert rates.hold_for(Usage(input=10, output=1))
    assert not rates.hold_for(replace(Usage(input=10, output=1), **{special: 3}))


@pytest.mark.parametrize(
    "path", ["models/", "publishers/google/models/", "projects/p/locations/eu/publishers/google/models/"]
)
def test_the_path_of_a_resource_is_no_part_of_a_model(path: str) -> None:
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gcp.vertex_ai",
        "gen_ai.request.model": f"{path}gemini-2.5-flash",
        "gen_ai.usage.input_tokens": 1_000,
    }
    cost = priced().read(span(sent)).cost
    assert cost is not None
    assert cost == priced().read(span({**sent, "gen_ai.request.model": "gemini-2.5-flash"})).cost
