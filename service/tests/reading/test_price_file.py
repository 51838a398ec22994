"""A user's own prices, and the errors about a file that cannot be used."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from llm_tracer.model.reading import Usage
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.price_file import PriceFileError, load_price_file, parse_price_file
from llm_tracer_service.reading.pricing import PriceBook

from .spans import START, span

OWN = """
[[prices]]
model = "house-.*"
provider = "acme|openai"
input = 2.0
output = 8.0
cache_read = 0.5
cache_write = 3.0
cache_write_1h = 4.0
reasoning = 10
audio = 20

[[prices]]
model = ".*"
provider = "ollama|vllm"
input = 0
output = 0
"""


def book(text: str, name: str = "prices.toml") -> PriceBook:
    return PriceBook(parse_price_file(text, name))


def test_every_kind_of_token_has_its_price_once() -> None:
    usage = Usage(
        input=1_000_000,
        output=500_000,
        cache_read=300_000,
        cache_write=200_000,
        cache_write_5m=50_000,
        cache_write_1h=100_000,
        reasoning=100_000,
        input_audio=10_000,
        output_audio=20_000,
    )
    cost = book(OWN).cost(usage, "acme", ["House-7B"], START)
    assert cost is not None
    assert cost.parts == pytest.approx(
        {
            "fresh_input": 0.49 * 2,
            "cache_read": 0.3 * 0.5,
            "cache_write": 0.05 * 3,
            "cache_write_5m": 0.05 * 3,
            "cache_write_1h": 0.1 * 4,
            "input_audio": 0.01 * 20,
            "output": 0.38 * 8,
            "reasoning": 0.1 * 10,
            "output_audio": 0.02 * 20,
        }
    )
    assert cost.output == pytest.approx(0.38 * 8 + 1.0 + 0.4)
    assert cost.total == pytest.approx(sum(cost.parts.values()))
    assert cost.source == "user"
    assert str(cost.price_version).startswith("prices.toml ")


def test_a_kind_without_a_price_has_that_of_the_whole() -> None:
    plain = book('[[prices]]\nmodel = "m"\ninput = 1\noutput = 2')
    cost = plain.cost(
        Usage(input=1_000_000, cache_read=900_000, output=1_000_000, reasoning=500_000), None, ["m"], START
    )
    assert cost is not None
    assert cost.total == pytest.approx(3.0)


def test_it_beats_the_list_and_the_sender_beats_it() -> None:
    prices = book('[[prices]]\nmodel = "gpt-4o-mini"\ninput = 7\noutput = 7')
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 10**6,
    }
    reader = load_reader(prices=prices)
    own, sent = reader.read(span(call)).cost, reader.read(span({**call, "operation.cost": 2.5})).cost
    assert own is not None
    assert (own.total, own.source) == (7.0, "user")
    assert sent is not None
    assert (sent.total, sent.source) == (2.5, "sender")
    other = prices.cost(Usage(input=10**6), "openai", ["gpt-4o"], START)
    assert other is not None
    assert other.source == "computed"


def test_other_prices_are_another_version_of_the_reader() -> None:
    """What is stored says by which prices it was read, so that it can be read again."""
    versions = {
        load_reader(prices=prices).version for prices in (None, PriceBook(), book(OWN), book(OWN + "\n# new"))
    }
    assert len(versions) == 4


def test_models_at_home_may_be_free() -> None:
    prices = book(OWN)
    cost = prices.cost(Usage(input=10, output=10), "ollama", ["llama3.2:1b"], START)
    assert cost is not None
    assert (cost.total, cost.source) == (0.0, "user")
    assert prices.cost(Usage(input=10), "lm_studio", ["llama3.2:1b"], START) is None


def test_the_whole_name_must_match() -> None:
    prices = book('[[prices]]\nmodel = "my-model"\ninput = 1')
    assert prices.cost(Usage(input=1), None, ["my-model-large"], START) is None
    assert prices.cost(Usage(input=1, output=1), None, ["my-model"], START) is None, "no price for the output"


def test_prices_change_with_time() -> None:
    prices = book(
        '[[prices]]\nmodel = "m"\nuntil = 2026-06-01\ninput = 1\n'
        '[[prices]]\nmodel = "m"\nfrom = "2026-06-01T00:00:00Z"\ninput = 2\n'
    )
    june = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * 10**9
    costs = [prices.cost(Usage(input=10**6), None, ["m"], at) for at in (june - 1, june)]
    assert [cost.total for cost in costs if cost] == [1.0, 2.0]


def test_a_price_for_each_call_and_other_currencies() -> None:
    text = '{"currency": "EUR", "usd": 1.1, "prices": [{"model": "m", "per_request": 0.5}]}'
    cost = book(text, "prices.json").cost(Usage(input=10, output=10), None, ["m"], START)
    assert cost is not None
    assert (cost.total, cost.currency) == (pytest.approx(0.55), "USD")
    assert book('[{"model": "m", "input": 1}]', "p.json").cost(Usage(input=10**6), None, ["m"], START)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[[prices]\n",
            "is not TOML: Expected ']]' at the end of an array declaration (at line 1, column",
        ),
        ("x = 1", "has no list of prices"),
        ("price = 1\nprices = []", "'price' is not known"),
        ("[[prices]]\ninput = 1", "entry 1, line 1: model is missing"),
        (
            '\n[[prices]]\nmodel = "a"\ninput = 1\n\n[[prices]]\nmodel = "b"\ninput = "2"',
            "entry 2, line 6: input is a number from 0, not '2'.",
        ),
        ('[[prices]]\nmodel = "a"\ninput = -1', "input is a number from 0"),
        ('[[prices]]\nmodel = "a"\ninput = inf', "input is a number from 0"),
        ('[[prices]]\nmodel = "a"', "it has no price"),
        ('[[prices]]\nmodel = "("\ninput = 1', "model is no regular expression"),
        ('[[prices]]\nmodel = "a"\ninptu = 1', "'inptu' is not known. Known: model"),
        ('[[prices]]\nmodel = "a"\ninput = 1\ncurrency = "EUR"', "say with usd = 1.08"),
        ('[[prices]]\nmodel = "a"\ninput = 1\nfrom = "soon"', "from is a day such as"),
        (
            '[[prices]]\nmodel = "a"\ninput = 1\nfrom = 2026-02-01\nuntil = 2026-01-01',
            "until is not after from",
        ),
        ("prices = [1]", "entry 1: an entry is a table"),
    ],
)
def test_a_bad_file_says_where_and_what(text: str, said: str) -> None:
    with pytest.raises(PriceFileError) as fault:
        parse_price_file(text, "prices.toml")
    assert said in str(fault.value)
    assert str(fault.value).startswith("prices.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError, match="cannot be read"):
        load_price_file(tmp_path / "prices.toml")
    (tmp_path / "prices.json").write_text("[")
    with pytest.raises(PriceFileError, match="is not JSON"):
        load_price_file(tmp_path / "prices.json")
