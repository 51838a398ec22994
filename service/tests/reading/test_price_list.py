"""The price list, built provider by provider, compared with the package that contains all of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import cycle

import genai_prices
import pytest
from genai_prices.data_snapshot import DataSnapshot, get_snapshot
from genai_prices.types import ModelInfo, Provider, StartDateConstraint
from llm_tracer.model.reading import Usage
from llm_tracer_service.reading.price_list import LazyProvider, listed, load_price_list, source_of_package
from llm_tracer_service.reading.pricing import PriceBook

NOW = datetime(2026, 11, 26, 13, 30, tzinfo=UTC)


@cache
def made() -> DataSnapshot:
    return load_price_list()


def models() -> Iterator[tuple[Provider, ModelInfo]]:
    return ((provider, model) for provider in get_snapshot().providers for model in provider.models)


def test_every_provider_and_model_is_that_of_the_package() -> None:
    for lazy, whole in zip(made().providers, get_snapshot().providers, strict=True):
        assert isinstance(lazy, LazyProvider)
        assert lazy.models == whole.models
        assert {name: getattr(lazy, name) for name in vars(whole)} == vars(whole)


@pytest.mark.parametrize("provider_id", [None, "itself", "azure"])
def test_every_name_leads_to_the_same_model(provider_id: str | None) -> None:
    """By the clauses of providers and of models, and by the providers that stand in for others."""
    for provider, model in models():
        asked = provider.id if provider_id == "itself" else provider_id
        assert found(made(), model.id, asked) == found(get_snapshot(), model.id, asked), (asked, model.id)


def found(prices: DataSnapshot, name: str, provider_id: str | None) -> tuple[str, str] | None:
    try:
        provider, model = prices.find_provider_model(name, None, provider_id, None)
    except LookupError:
        return None
    return provider.id, model.id


def times(model: ModelInfo) -> list[datetime]:
    """Now, another hour of the day, and before and after each day on which a price of a model begins."""
    prices = model.prices if isinstance(model.prices, list) else []
    days = [each.constraint.start_date for each in prices if isinstance(each.constraint, StartDateConstraint)]
    starts = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    return [NOW, NOW - timedelta(hours=11), *starts, *(start - timedelta(seconds=1) for start in starts)]


USAGES = (
    Usage(input=1_000, output=200),
    Usage(input=190_000, output=700, cache_read=50_000, cache_write=9_000),
    Usage(input=300_000, output=10),
    Usage(input=90, output=10, cache_write=50, cache_write_1h=40),
    Usage(input=90, output=10, input_audio=30),
)
USED = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "input_audio")


def test_every_model_costs_what_the_package_says_at_every_time() -> None:
    """Of one usage each: that plain rates are those of the list for every usage is tested in test_pricing.py."""
    book, usages = PriceBook(), cycle(USAGES)
    compared = 0
    for provider, model in models():
        for at in times(model):
            usage = next(usages)
            cost = book.cost(usage, provider.id, [model.id], int(at.timestamp()) * 10**9)
            total = total_of_package(usage, provider.id, model.id, at)
            assert (cost and cost.total) == pytest.approx(total), (provider.id, model.id, at)
            compared += cost is not None
    assert compared > 2_000


def total_of_package(usage: Usage, provider_id: str, model_id: str, at: datetime) -> float | None:
    """By the provider that is named or, where it does not know the model, by the one that the model's name tells."""
    sent = {f"{name}_tokens": count for name in USED if (count := getattr(usage, name)) is not None}
    for asked in (provider_id, None):
        with suppress(LookupError):
            provider, model = get_snapshot().find_provider_model(model_id, None, asked, None)
            with suppress(ValueError):
                priced = model.calc_price(genai_prices.Usage(**sent), provider, genai_request_timestamp=at)
                return float(priced.total_price)
            return None
    return None


def test_a_source_of_another_layout_is_taken_as_the_package_has_it() -> None:
    source = source_of_package()
    assert listed(source.replace("import datetime\n", "import datetime as dt\n")) is get_snapshot()
    assert listed(source.replace("models=[", "models=list([")) is get_snapshot()
    renamed = listed(source.replace("            ModelInfo(", "            model_info("))
    assert renamed.providers[0].models is get_snapshot().providers[0].models


def test_only_the_models_of_providers_that_are_asked_for_are_made() -> None:
    """In a process of its own: what tests import is there for good."""
    program = """if True:
        import sys
        from llm_tracer.model.reading import Usage
        from llm_tracer_service.reading.pricing import PriceBook

        book = PriceBook()
        assert not any(name.startswith(("genai_prices", "pydantic", "httpx")) for name in sys.modules)
        assert book.cost(Usage(input=1, output=1), "openai", ["gpt-4o-mini"], 1_795_000_000 * 10**9)
        assert book.cost(Usage(input=1, output=1), None, ["claude-sonnet-4-5"], 1_795_000_000 * 10**9)
        made = [each.id for each in book._list.providers if "models" in vars(each)]
        assert made == ["anthropic", "openai"], made
        assert "genai_prices.data" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", program], check=True)
