"""Where prices come from, and which models have none."""

from __future__ import annotations

from typing import Any

import pytest
from app_helpers import BASE_URL, FixedClock, native_span, send
from llm_tracer_service.api.routes import prices as route
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.price_file import parse_price_file
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from starlette.testclient import TestClient


@pytest.fixture
def client(store_url: str, clock: FixedClock) -> Any:
    prices = PriceBook(parse_price_file('[[prices]]\nmodel = "mine"\ninput = 1\noutput = 1'))
    reader = load_reader(prices=prices)
    store = open_store(store_url, reader, clock, 600.0)
    yield TestClient(create_app(Settings(store=store_url), store, reader, clock, prices), base_url=BASE_URL)
    store.close()


def call(number: int, model: str, **fields: Any) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
    }
    return native_span(number, attributes=attributes, **fields)


def test_sources_and_models_without_a_price(client: TestClient) -> None:
    send(
        client,
        *(call(number, "my-own") for number in (1, 2)),
        call(3, "mine"),
        call(4, "gpt-4o-mini"),
        call(5, "other-own", trace_id="f" * 32),
        native_span(6, attributes={"gen_ai.request.model": "no-call"}),
    )
    answer = client.get("/api/prices").json()
    user, listed = answer["sources"]
    assert (user["source"], user["entries"]) == ("user", 1)
    assert user["version"].startswith("prices.toml ")
    assert listed["source"] == "computed"
    assert listed["version"].startswith("genai-prices ")
    first, second = answer["models_without_price"]
    assert (first["model"], first["provider"], first["calls"]) == ("my-own", "openai", 2)
    assert (first["usage"]["input"], first["usage"]["output"]) == (200, 20)
    assert (second["model"], second["last_trace_id"]) == ("other-own", "f" * 32)
    assert answer["complete"]


def test_the_search_is_bounded_and_says_so(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "SPANS_MAX", 4)
    monkeypatch.setattr(route, "_SPANS_A_PAGE", 2)
    send(client, *(call(number, f"own-{number}") for number in range(1, 7)))
    answer = client.get("/api/prices").json()
    assert (answer["calls_seen"], answer["complete"]) == (4, False)
    assert {each["model"] for each in answer["models_without_price"]} == {f"own-{n}" for n in (3, 4, 5, 6)}
    assert client.get("/api/prices?q=model:own-2").json()["models_without_price"][0]["model"] == "own-2"


def test_costs_of_the_users_prices_are_shown_as_such(client: TestClient) -> None:
    send(client, call(3, "mine"))
    span = client.get("/api/spans").json()["spans"][0]
    assert span["cost"]["source"] == "user"
    assert span["cost"]["total"] == pytest.approx(0.00011)
