"""The dashboard in Firefox and in WebKit: the pages, a walk by the keyboard, and what these two do otherwise than Chromium."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from running import Running

from .browsing import chat, send, span
from .engines import ENGINES, Browsing

TRACE = f"/trace/{1:032x}"
LAST = 30
"""The number of the last trace of the long session."""

NOTE_WHAT_IS_TOLD = """
  window.told = new Set();
  new MutationObserver(() => document.querySelectorAll(".notice, .told").forEach((one) => told.add(one.innerText)))
    .observe(document.body, { childList: true, subtree: true, characterData: true });
"""
"""It stands there for two seconds, and may be gone when a busy machine looks."""

SCROLL_UP = """
  window.moved = [];
  const box = document.querySelector(".turns");
  const still = async () => {
    let height = 0;
    for (let same = 0; same < 5; same = height === box.scrollHeight && !box.querySelector(".waiting") ? same + 1 : 0) {
      height = box.scrollHeight;
      await new Promise((go) => setTimeout(go, 80));
    }
  };
  (async () => {
    await still();
    for (let n = 0; n < 10; n += 1) {
      const read = [...box.children].find((turn) => turn.getBoundingClientRect().top >= box.getBoundingClientRect().top);
      const before = read.getBoundingClientRect().top;
      box.scrollTop -= 100;
      await still();
      moved.push(Math.round(read.getBoundingClientRect().top - before - 100));
    }
  })();
"""
"""By 100 px at a time, each time until nothing grows any more; `moved` is how much further what was read went, in px."""


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsing]:
    with ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as browsing:
        yield browsing


@pytest.fixture(scope="module")
def service(module_service: Running) -> Running:
    """A run that fails, and a session of long turns with steps; each trace a request of its own, for the page of requests."""
    failed = {"status": {"code": "error", "message": "no such order"}}
    send(module_service.url, [
        span(1, 0, "support-agent", kind="agent", **failed),
        *[span(1, n, f"search {n}", parent=0, kind="tool") for n in range(1, 9)],
        chat(1, 9, "where is order 42", parent=0),
        span(1, 10, "refund", parent=0, kind="tool", **failed),
    ])  # fmt: skip
    for n in range(2, LAST + 1):
        asked = {"session.id": "long", "input.value": f"question {n}", "output.value": f"answer {n}. " * 40}
        send(module_service.url, [
            span(n, 0, "turn", kind="agent", attributes=asked, start_ns=time.time_ns() - (100 - n) * 10**9),
            *[span(n, step, f"search {step}", parent=0, kind="tool", attributes={"input.value": "x", "output.value": "y"}) for step in range(1, 6)],
        ])  # fmt: skip
    return module_service


@pytest.fixture(scope="module")
def site(service: Running, module_site: Running) -> Running:
    return module_site


@pytest.mark.parametrize(
    ("path", "selector", "text"),
    [
        ("/?q=status:error", "a.row", "support-agent"),
        (TRACE, ".grid .selected", "refund"),
        (f"{TRACE}?view=transcript", ".transcript", "WHERE IS ORDER 42"),
        (f"{TRACE}?view=graph", ".flow-view", "support-agent"),
        ("/session/long", ".turns", "question 2"),
        (f"/compare?a={2:032x}&b={3:032x}", ".compare-grid", "turn"),
        ("/overview", ".tiles", "Traces"),
        ("/settings", ".settings", "Storage"),
    ],
)
def test_a_page_opens(engine: Browsing, site: Running, path: str, selector: str, text: str) -> None:
    engine.open(site.url + path)
    assert text in engine.text(selector)
    assert engine.run("return document.documentElement.scrollWidth <= innerWidth"), (
        "the page scrolls sideways"
    )


def test_from_the_list_to_the_call_that_broke_and_back_by_keys(engine: Browsing, site: Running) -> None:
    engine.open(site.url)
    engine.press("e")
    engine.until("document.querySelector('a.row[aria-selected=true]')?.innerText.includes('support-agent')")
    engine.press("Enter")
    assert "refund" in engine.text(".grid .selected")
    assert "no such order" in engine.text(".span-error")
    engine.press("Escape")
    assert "support-agent" in engine.text("a.row[aria-selected=true]")


def test_what_is_copied_after_an_answer_is_on_the_clipboard(engine: Browsing, site: Running) -> None:
    engine.open(f"{site.url}{TRACE}?span={1:08x}{10:08x}")
    engine.text(".role-user")
    engine.run(NOTE_WHAT_IS_TOLD)
    engine.press("Shift+Y", "Down", "Down", "Down")
    engine.until("document.activeElement.innerText.startsWith('curl command')")
    engine.press("Enter")
    engine.until("told.has('curl command copied')")
    engine.press("/", "Control+v")
    engine.until("document.activeElement.value.startsWith('curl ')")


def test_a_copy_that_is_refused_is_not_said_to_be_done(engine: Browsing, site: Running) -> None:
    engine.open(f"{site.url}{TRACE}")
    engine.text(".grid .selected")
    engine.run(NOTE_WHAT_IS_TOLD)
    engine.run("navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false")
    engine.press("y")
    engine.until("told.has('Link not copied: the browser refused')")


@pytest.mark.parametrize("beginning", [".g-ruler", ".grid-body .selected .g-bar", ".split-bar"])
def test_a_drag_selects_no_text(engine: Browsing, site: Running, beginning: str) -> None:
    engine.open(f"{site.url}{TRACE}?span={1:08x}{3:08x}")
    engine.text(".grid .selected")
    x, y, width, height = engine.run(
        f"const area = document.querySelector('{beginning}').getBoundingClientRect(); return [area.x, area.y, area.width, area.height]"
    )
    start = (int(x + width / 4), int(y + min(height, 40) / 2))
    engine.drag(start, (start[0] + 60, start[1] + 90))
    selected = engine.run("return getSelection().toString()")
    engine.release()
    assert selected == ""


def test_requests_that_arrive_do_not_move_what_is_read(
    engine: Browsing, site: Running, service: Running
) -> None:
    engine.open(f"{site.url}/ingest")
    held = "[...document.querySelectorAll('[data-request]')].at(-8)"
    engine.run(
        f"{held}.scrollIntoView({{ block: 'start' }}); window.held = {held}; window.rows = document.querySelectorAll('[data-request]').length"
    )
    engine.run("window.top0 = held.getBoundingClientRect().top")
    engine.until("document.querySelector('.wide-body').scrollTop > 100")
    send(service.url, [span(LAST + 1, 0, "late")])
    engine.until("document.querySelectorAll('[data-request]').length > rows")
    assert engine.run("return held.isConnected && Math.abs(held.getBoundingClientRect().top - top0)") <= 1


def test_turns_that_come_in_sight_do_not_move_what_is_read(engine: Browsing, site: Running) -> None:
    engine.open(f"{site.url}/session/long?turn={LAST - 2:032x}&steps=on")
    engine.until("document.querySelector('.turns')?.scrollTop > 1000")
    engine.run(SCROLL_UP)
    engine.until("moved.length === 10")
    assert engine.run("return moved.filter((by) => Math.abs(by) > 2)") == []
