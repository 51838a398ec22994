"""The exported page in Chromium, opened from a file: whole, searchable, and asking nobody for anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from running import Running
from waiting import http

from .browsing import Watch, chat, send, send_giant, span

HOSTILE = "</pre></script><script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)><style>*{display:none}</style>"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(offline=True)
    yield opened
    opened.close()


def exported(service: Running, trace: int, folder: Path) -> Path:
    """The page of a trace as a file."""
    answer = http.get(f"{service.url}/api/traces/{trace:032x}/export", params={"format": "html"})
    file = folder / "trace.html"
    file.write_bytes(answer.raise_for_status().content)
    return file


def shows(page: Page, count: int) -> None:
    expect(page.locator("#spans > details:visible")).to_have_count(count)


def test_a_page_opens_from_a_file_and_filters(service: Running, page: Page, tmp_path: Path) -> None:
    failed = {"status": {"code": "error", "message": "no seats left"}}
    send(service.url, [
        span(1, 0, "plan", kind="agent"), chat(1, 1, "to rome", parent=0), span(1, 2, "book", kind="tool", parent=0, **failed),
    ])  # fmt: skip
    watch = Watch(page, "file:")
    page.goto(exported(service, 1, tmp_path).as_uri())
    shows(page, 3)
    page.fill("#filter", "to ROME")
    shows(page, 1)
    assert page.inner_text("#shown") == "1 of 3 spans"
    page.fill("#filter", "")
    shows(page, 3)
    page.click("text=no seats left")
    expect(page.locator("details[open]")).to_have_count(1)
    page.click("#all")
    expect(page.locator("details[open]")).to_have_count(3)
    assert "TO ROME" in page.inner_text("#spans")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(251, 251, 250)") == (scheme == "light")
    bars = page.locator("rect").evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().width > 0)")
    assert bars == [True] * 3
    assert watch.faults == []


def test_hostile_content_neither_runs_nor_loads(service: Running, page: Page, tmp_path: Path) -> None:
    hostile = {"gen_ai.input.messages": HOSTILE, HOSTILE: HOSTILE, "gen_ai.request.model": HOSTILE}
    error = {"status": {"code": "error", "message": HOSTILE}}
    send(service.url, [span(2, 0, HOSTILE, kind="llm", attributes=hostile, **error)])
    watch = Watch(page, "file:")
    page.goto(exported(service, 2, tmp_path).as_uri())
    page.click("#all")
    expect(page.locator("#spans > details[open]")).to_have_count(1)
    assert watch.faults == []
    assert page.locator("main img, main script, main style").count() == 0
    assert page.inner_text("h1") == HOSTILE
    assert HOSTILE in page.inner_text("#spans")


def test_a_large_trace_opens_and_is_searched_at_once(service: Running, page: Page, tmp_path: Path) -> None:
    send_giant(service.url, 2_000, trace=3)
    file = exported(service, 3, tmp_path)
    assert file.stat().st_size < 3_000_000
    page.goto(file.as_uri())
    assert page.locator("#spans > details").count() == 2_000
    page.fill("#filter", "step 17")
    shows(page, 50)
