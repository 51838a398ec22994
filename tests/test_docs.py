"""What the documentation says is what the code does: its tables, its links, its programs."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.reading import Usage
from llm_tracer.model.span import Resource, Scope, SpanData
from llm_tracer_service.cli.terminal import STATUS
from llm_tracer_service.query import parse
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.price_file import parse_price_file
from running import Running, environment_of
from waiting import PATIENCE_S, until

HERE = Path(__file__).resolve().parent.parent
DOCS = HERE / "docs"
PAGES = sorted({*HERE.glob("*.md"), *HERE.glob("[!.]*/README.md"), *DOCS.rglob("*.md")})


def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def fenced(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text_of(page), re.DOTALL)


def test_the_tables_are_those_of_the_code() -> None:
    for path, expected in tables().pages():
        assert path.read_text(encoding="utf-8") == expected, "run `python docs/tables.py`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HERE)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            assert link.startswith("http://localhost:"), "nothing of ours points elsewhere"
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, link


def test_a_state_has_one_mark_in_the_terminal_on_the_pages_and_in_the_documentation() -> None:
    icons = (HERE / "dashboard/dashboard/components/shared/icons.jsx").read_text(encoding="utf-8")
    on_pages = dict(re.findall(r'^  (\w+): \["(.)", "', icons, re.MULTILINE))
    assert {status: mark for status, (mark, _) in STATUS.items()}.items() <= on_pages.items()
    documented = re.findall(r"^\| (.) \| ", text_of("dashboard.md"), re.MULTILINE)
    assert sorted(documented) == sorted(on_pages.values())


def test_what_the_architecture_names_is_in_the_code() -> None:
    code = {
        word
        for part in ("client/llm_tracer", "service/llm_tracer_service", "dashboard/dashboard", "benchmarks")
        for path in (HERE / part).rglob("*.py")
        for word in [path.stem, *re.findall(r"\w+", path.read_text(encoding="utf-8"))]
    }
    named = {
        word
        for text in re.findall(r"`([^`\n]+)`", text_of("architecture.md"))
        for word in re.findall(r"\b[a-z]\w+", text)
    }
    assert {name for name in named if "_" in name} - code == set()


def test_every_page_is_in_an_index() -> None:
    for folder in (DOCS, DOCS / "decisions"):
        index = (folder / "README.md").read_text(encoding="utf-8")
        missing = [
            page.name for page in folder.glob("*.md") if page.name != "README.md" and page.name not in index
        ]
        assert missing == []


def test_every_example_of_a_field_is_a_query() -> None:
    queries = re.findall(r"^\| `[^|]+` \| [^|]+ \| [^|]+ \| `([^`]+)` \|", text_of("query.md"), re.MULTILINE)
    assert len(queries) > 30
    for query in [*queries, *(block.strip() for block in fenced("query.md", ""))]:
        assert isinstance(parse(query), TraceQuery)


def test_the_table_of_ones_own_can_be_read(tmp_path: Path) -> None:
    (own,) = fenced("dialects.md", "toml")
    (tmp_path / "own.toml").write_text(own)
    reader = load_reader(tmp_path / "own.toml")
    assert "shop-1" in reader.version
    attributes = {"shop.step": "ask", "shop.model": "tiny", "shop.tokens.in": 5, "shop.tokens.out": 2}
    span = SpanData(
        "1" * 32, "2" * 16, "ask", 1, 2, attributes=attributes, resource=Resource({"shop.tenant": "t"})
    )
    reading = reader.read(span)
    assert (reading.kind, reading.model, reading.user_id) == ("llm", "tiny", "t")
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.output) == (5, 2)
    thinking = replace(
        span, attributes={**attributes, "gen_ai.usage.reasoning_tokens": 1}, scope=Scope("shop.llm")
    )
    assert reader.read(thinking).usage == Usage(input=5, output=3, total=8, reasoning=1)


def test_the_price_file_of_its_page_can_be_read() -> None:
    (text,) = fenced("prices.md", "toml")
    first, second = parse_price_file(text).entries
    assert first.fits("openai", "house-7b")
    assert second.fits("ollama", "llama3.2")


def test_the_first_program_shows_its_trace(service: Running, api: httpx.Client) -> None:
    (program,) = re.findall(r"<!-- run -->\n```python\n(.*?)```", text_of("getting-started.md"), re.DOTALL)
    subprocess.run(
        [sys.executable, "-c", program], env=environment_of(service), timeout=PATIENCE_S, check=True
    )
    (trace,) = until(lambda: api.get("/api/traces").json()["traces"])
    assert (trace["name"], trace["session_id"], trace["user_id"]) == ("answer", "chat-42", "alice")
    assert (trace["usage"]["input"], trace["usage"]["output"]) == (31, 4)
