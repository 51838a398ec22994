"""What a person waits for in the dashboard: real Chromium, real service, one machine.

    python3 run.py bench dashboard [--traces 100000] [--only list|overview|session|trace|content|hostile|live]

Prints what was measured beside its budget, by the browser's own clock. Times are the median of five, and the worst;
memory and CPU are those of the dashboard's process (Linux). The machine's other work is in all of them.
"""

from __future__ import annotations

import argparse
import bisect
import json
import os
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser.browsing import Span, chat, chromium, dashboard, send, send_giant, settled, span
from browser.hostile import MARKUP, hostile
from llm_tracer_dashboard.state import LiveState
from llm_tracer_service.access.auth import DEFAULT_PROJECT
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.receiving.native import decode_batch
from llm_tracer_service.store import open_store
from playwright.sync_api import Browser, Page
from running import Running, start_service, stopping

ROUNDS = 5
ROWS = 1_000
TABS = 20
IDLE_S = 10
BATCH = 5_000

# Runs in the page: clicks what `click` selects, resolves when `seen` selects more than `above` elements and is painted.
UNTIL_SEEN = """async ([click, seen, above]) => {
  const start = performance.now();
  if (click) {
    const aim = document.querySelector(click);
    aim.dispatchEvent(new MouseEvent("mousedown", { bubbles: true }));
    aim.click();
  }
  await new Promise((done) => {
    const look = () =>
      document.querySelectorAll(seen).length > above ? requestAnimationFrame(done) : requestAnimationFrame(look);
    look();
  });
  return performance.now() - start;
}"""
# Every frame shows other rows, all of them; at the end of a short list it goes on from the top.
SCROLL = """async (box) => {
  const grid = document.querySelector(box);
  const step = 1400;
  let most = 0;
  for (let i = 0; i < 200; i += 1) {
    const isAtEnd = grid.scrollTop + grid.clientHeight + step > grid.scrollHeight;
    grid.scrollTop = isAtEnd ? 0 : grid.scrollTop + step;
    await new Promise(requestAnimationFrame);
    most = Math.max(most, grid.querySelectorAll("[role=row]").length);
  }
  return most;
}"""
PRESS = """async () => {
  const selected = () => document.querySelector(".grid .selected")?.getAttribute("aria-rowindex");
  const times = [];
  for (let i = 0; i < 20; i += 1) {
    const before = selected();
    const start = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
    while (selected() === before) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[18];
}"""
WATCH_TASKS = """
  window.longest = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((e) => { window.longest = Math.max(window.longest, e.duration); }))
    .observe({ type: "longtask", buffered: true });
"""


@dataclass(frozen=True)
class Site:
    """The two processes and a browser in front of them."""

    service: Running
    dashboard: Running
    browser: Browser

    def page(self) -> Page:
        context = self.browser.new_context(
            viewport={"width": 1280, "height": 800}, base_url=self.dashboard.url
        )
        context.add_init_script(WATCH_TASKS)
        return context.new_page()


@contextmanager
def site(prepare: Callable[[str], None] = lambda _: None) -> Iterator[Site]:
    """A site over a new store, which `prepare` may fill, by its url, before the service has it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(f"sqlite:{folder / 'traces.db'}")
        with (
            stopping(start_service(folder)) as service,
            dashboard(folder, service.url) as shown,
            chromium() as browser,
        ):
            yield Site(service, shown, browser)


def main() -> None:
    parts = {
        "list": measure_list,
        "overview": measure_overview,
        "session": measure_session,
        "trace": measure_traces,
        "content": measure_content,
        "hostile": measure_hostile,
        "live": measure_live,
    }
    parser = argparse.ArgumentParser()
    parser.add_argument("--traces", type=int, default=100_000)
    parser.add_argument("--only", choices=parts)
    chosen = parser.parse_args()
    print(f"{'':58} {'measured':>22} {'budget':>10}")
    for name, measure in parts.items():
        if chosen.only in (None, name):
            measure(chosen.traces)


def told(what: str, measured: str, budget: str = "") -> None:
    print(f"{what:58} {measured:>22} {budget:>10}", flush=True)


def ms(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} (worst {max(times):.0f}) ms"


# --- the list ---------------------------------------------------------------------------------------------------------


def measure_list(traces: int) -> None:
    """First rows over a full store, what the first page weighs, and what many open tabs cost."""
    with site(lambda url: fill(url, traces)) as over:
        page = over.page()
        sizes: list[int] = []
        page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
        page.goto("/")
        page.locator("a.row").first.wait_for()
        told("first page load, compressed", f"{sum(sizes) / 1000:.0f} kB", "400")
        times = []
        for _ in range(ROUNDS):
            page.goto("/help-is-no-page")
            page.wait_for_timeout(300)
            page.goto("/", wait_until="commit")
            times.append(float(page.evaluate(UNTIL_SEEN, ["", "a.row", 5])))
        told(f"list, {traces:,} traces: page to first rows", ms(times), "300")
        rows = page.locator("a.row")
        while rows.count() < ROWS:
            before_more = rows.count()
            page.locator(".list-end").scroll_into_view_if_needed()
            rows.nth(before_more).wait_for(state="attached")
        measure_scrolling(over, page, ".rows")
        pages = [over.page() for _ in range(TABS - 1)]
        for one in pages:
            one.goto("/")
            one.locator("a.row").first.wait_for()
        page.wait_for_timeout(3000)
        before = cpu_s(over.dashboard)
        page.wait_for_timeout(IDLE_S * 1000)
        share = (cpu_s(over.dashboard) - before) / IDLE_S
        told(f"{TABS} tabs: memory of the dashboard", f"{resident_mb(over.dashboard):.0f} MB", "120")
        told(f"{TABS} tabs, idle: of a core", f"{100 * share:.1f} %", "2")
        told("state of a session, pickled", f"{session_kb():.1f} kB", "200")


def session_kb() -> float:
    """What a session keeps in the dashboard's process. Each state is pickled without those below it, so all are summed."""
    waiting: list[Any] = [LiveState.get_root_state()(_reflex_internal_init=True)]
    size = 0
    while waiting:
        state = waiting.pop()
        size += len(pickle.dumps(state))
        waiting += state.substates.values()
    return size / 1000


def one_call(n: int, start_ns: int) -> list[Span]:
    """A trace of one model call."""
    return [chat(n, 0, f"order {n}", start_ns=start_ns)]


def fill(
    url: str, traces: int, apart_s: float = 1.0, make: Callable[[int, int], list[Span]] = one_call
) -> None:
    """Traces so far apart, straight into the store; and what a store in use has summed up by now."""
    store = open_store(url, load_reader(None, PriceBook(None)))
    now = time.time_ns()
    for at in range(0, traces, BATCH):
        batch = [
            part
            for n in range(at + 1, min(at + BATCH, traces) + 1)
            for part in make(n, now - int(n * apart_s * 1e9))
        ]
        body = json.dumps({"spans": batch}).encode()
        store.write(DEFAULT_PROJECT, decode_batch(body, "application/json").spans)
    while store.settle(budget_s=10):
        pass
    store.close()


# --- the overview -----------------------------------------------------------------------------------------------------

MONTH_S = 30 * 86_400


def a_run(n: int, start_ns: int) -> list[Span]:
    """An agent that asks one of five models and uses one of six tools: 400 users, five runs a session, 4 % fail."""
    failed: dict[str, Any] = {"status": {"code": "error", "message": f"no page {n}"}} if n % 25 == 0 else {}
    who = {
        "user.id": f"user-{n * 7919 % 400}",
        "session.id": f"s-{n // 5}",
        "tag.tags": [("prod", "beta")[n % 2]],
    }
    call = chat(n, 1, f"order {n}", parent=0, start_ns=start_ns)
    model = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "o3", "o4-mini")[n % 5]
    call["attributes"] |= {"gen_ai.request.model": model, "gen_ai.usage.input_tokens": 100 + n * 31 % 9000}
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": f"tool-{n % 6}"}
    return [
        span(n, 0, f"agent-{n % 8}", kind="agent", start_ns=start_ns, attributes=who, **failed),
        call,
        span(n, 9, "use", parent=0, kind="tool", start_ns=start_ns, attributes=tool, **failed),
    ]


def measure_overview(traces: int) -> None:
    """From the address to a page with all of its figures: 30 days, and what the service was asked for them."""
    with site(lambda url: fill(url, traces, MONTH_S / traces, a_run)) as over:
        page = over.page()
        asked: list[str] = []
        page.on(
            "request", lambda request: asked.append(request.url) if "/ui-api/stats" in request.url else None
        )
        done = ".wide-page[aria-busy=false] .leaders"
        for path, what in (
            ("/overview?range=30d", "30 days"),
            ("/overview?range=30d&by=user", "30 days by user"),
        ):
            page.goto(path)
            page.locator(done).wait_for()
            times = []
            for _ in range(ROUNDS):
                page.goto("/help-is-no-page")
                page.wait_for_timeout(300)
                asked.clear()
                page.goto(path, wait_until="commit")
                times.append(float(page.evaluate(UNTIL_SEEN, ["", done, 0])))
            told(f"overview, {traces:,} traces of {what}: page complete", ms(times), "700")
        told("  requests to the service for figures", str(len(asked)), "5")


def measure_session(_: int) -> None:
    """From the click in the list of sessions until the messages of a turn are painted: 200 turns and 2,000."""
    for turns in (200, 2_000):
        with site() as over:
            send(over.service.url, [one for n in range(1, turns + 1) for one in a_turn(n)])
            page = over.page()
            times = []
            for _ in range(ROUNDS):
                page.goto("/sessions")
                page.locator("a.row").wait_for()
                time.sleep(0.3)
                times.append(float(page.evaluate(UNTIL_SEEN, ["a.row", ".turn .message", 1])))
            told(
                f"session of {turns:,} turns: click to its messages",
                ms(times),
                "1000" if turns == 200 else "",
            )


def a_turn(n: int) -> list[Span]:
    """A trace of one turn of a session: an agent, a tool and a model call."""
    start_ns = time.time_ns() - 10**13 + n * 10**9
    attributes = {"session.id": "talk", "user.id": "alice"}
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search", "input.value": "{}"}
    return [
        span(n, 0, "agent", kind="agent", start_ns=start_ns, attributes=attributes),
        span(n, 1, "search", parent=0, kind="tool", start_ns=start_ns, attributes=tool),
        chat(n, 2, f"question {n}", parent=0, start_ns=start_ns),
    ]


# --- a trace ----------------------------------------------------------------------------------------------------------


def measure_traces(_: int) -> None:
    """From the click in the list to painted rows; what scrolling and a key press cost."""
    for span_count, warm, cold in ((1_000, 300, 1000), (10_000, 300, 1000), (50_000, 2000, 2000)):
        with site() as over:
            send_giant(over.service.url, span_count)
            page = over.page()
            clicks = [click_to_rendered(page) for _ in range(ROUNDS + 1)]
            told(f"trace of {span_count:,} spans, first click", f"{clicks[0]:.0f} ms", str(cold))
            told(f"trace of {span_count:,} spans, again", ms(clicks[1:]), str(warm))
            page.keyboard.press("]")
            most = measure_scrolling(over, page, ".grid")
            told("  rows in the page", str(most), "400")
            page.keyboard.press("Home")
            told("  key press to painted selection, p95", f"{page.evaluate(PRESS):.0f} ms", "50")


def measure_scrolling(over: Site, page: Page, box: str) -> int:
    """Tells what a frame takes while the box scrolls; answers how many rows the page had at most."""
    over.browser.start_tracing(page=page, categories=["toplevel", "cc"])
    most = page.evaluate(SCROLL, box)
    frames = sorted(cpu_of_frames(over.browser.stop_tracing()))
    told(
        "  frame while scrolling, CPU, median, p95",
        f"{statistics.median(frames):.0f}, {frames[int(0.95 * len(frames))]:.0f} ms",
        "16",
    )
    return int(most)


def cpu_of_frames(trace: bytes) -> list[float]:
    """Milliseconds of CPU that the main thread of the page had from one frame to the next, by Chromium's own trace. Unlike
    the time between two frames, it does not grow with what else the machine does."""
    events = [one for one in json.loads(trace)["traceEvents"] if one.get("ph") == "X"]
    frames = [one for one in events if one["name"] == "ProxyMain::BeginMainFrame"]
    page = statistics.mode((one["pid"], one["tid"]) for one in frames)
    begun = sorted(one["ts"] for one in frames if (one["pid"], one["tid"]) == page)
    spent = [0.0] * (len(begun) + 1)
    end = 0
    for task in sorted(events, key=lambda one: one["ts"]):
        if (task["pid"], task["tid"]) == page and task["name"].endswith("RunTask") and task["ts"] >= end:
            end = task["ts"] + task["dur"]
            spent[bisect.bisect(begun, task["ts"])] += task.get("tdur", 0) / 1000
    return spent[1:-1]


def click_to_rendered(page: Page) -> float:
    """Milliseconds from the click on the trace in the list until its rows are painted."""
    page.goto("/")
    page.locator("a.row").wait_for()
    time.sleep(0.3)
    return float(page.evaluate(UNTIL_SEEN, ["a.row", ".grid-body [role=row]", 5]))


# --- content ----------------------------------------------------------------------------------------------------------


def measure_content(_: int) -> None:
    """A megabyte of messages, and twenty of JSON."""
    part = "A line of an answer that says **something** of use.\n" * 100
    talk = [
        {"role": ("user", "assistant")[n % 2], "parts": [{"type": "text", "content": f"{n} {part}"}]}
        for n in range(1_000_000 // len(part))
    ]
    rows = [{"id": n, "name": f"row {n}", "ok": True, "note": "x" * 140} for n in range(100_000)]
    document = json.dumps(rows)
    start_ns = time.time_ns() - 10**10
    message = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(talk)}
    with site() as over:
        send(over.service.url, [
            span(1, 0, "run", kind="agent", start_ns=start_ns),
            span(1, 1, "talk", parent=0, kind="llm", start_ns=start_ns, attributes=message),
            *(span(1, n, "step", parent=0, kind="chain", start_ns=start_ns) for n in range(2, 8)),
            span(1, 8, "json", parent=0, kind="tool", start_ns=start_ns, attributes={"output.value": document}),
        ])  # fmt: skip
        # From a span that is far enough for nothing to be fetched before the click.
        row = ".grid-body [role=row]:has(.k-llm)"
        times, longest = looked_at(over, 5, row, ".pane .message", None)
        told("1 MB of messages: click to read", ms(times), "300")
        told("  longest task", f"{longest:.0f} ms", "100")
        times, longest = looked_at(
            over, 8, ".pane .blob button.link", ".pane .value-row", ".pane .blob button.link"
        )
        told(f"{len(document) / 1e6:.0f} MB of JSON: click to read", ms(times), "1500")
        told("  longest task", f"{longest:.0f} ms", "100")


def measure_hostile(_: int) -> None:
    """The longest task of any page, view and tab that shows what a hostile sender sent."""
    trace = f"{1:032x}"
    views = [
        f"/trace/{trace}?view={view}" for view in ("tree", "chat", "transcript", "graph", "table", "raw")
    ]
    pages = [
        "/",
        "/spans",
        "/sessions",
        f"/session/{quote(MARKUP, safe='')}?steps=on",
        f"/compare?a={trace}&b={trace}",
    ]
    wider = ["/overview", "/errors", "/patterns", "/ingest", "/settings"]
    with site() as over:
        send(over.service.url, [hostile(1)])
        page = over.page()
        longest = 0.0
        for path in (*pages, *views, *wider):
            page.goto(path)
            settled(page)
            tabs = page.locator(".tabs [role=tab]")
            for number in range(tabs.count()):
                tabs.nth(number).click()
                settled(page)
            longest = max(longest, float(page.evaluate("() => window.longest")))
        told("hostile content: longest task of all pages, views and tabs", f"{longest:.0f} ms", "100")


def looked_at(over: Site, number: int, click: str, seen: str, ready: str | None) -> tuple[list[float], float]:
    """Opens a span, waits until `ready` is there, clicks; the times until it is seen, and the longest task."""
    times, longest = [], 0.0
    for _ in range(ROUNDS):
        page = over.page()
        page.goto(f"/trace/{1:032x}?span={1:08x}{number + 1:08x}")
        page.locator(ready or ".grid .selected").first.wait_for()
        page.wait_for_timeout(800)
        page.evaluate("window.longest = 0")
        times.append(float(page.evaluate(UNTIL_SEEN, [click, seen, 2])))
        page.wait_for_timeout(500)
        longest = max(longest, float(page.evaluate("window.longest")))
        page.context.close()
    return times, longest


# --- live -------------------------------------------------------------------------------------------------------------


def measure_live(_: int) -> None:
    """From sending a span until its trace is on the screen of an open list."""
    with site() as over:
        send(over.service.url, [chat(1, 0, "first")])
        page = over.page()
        page.goto("/")
        page.locator("a.row").wait_for()
        page.wait_for_timeout(1000)
        times = []
        for n in range(2, 2 + ROUNDS):
            page.goto(f"/trace/{1:032x}?view=tree")
            page.locator(".grid .selected").wait_for()
            page.wait_for_timeout(1000)
            before = page.locator(".grid-body [role=row]").count()
            start = time.perf_counter()
            send(
                over.service.url, [span(1, n, f"step {n}", parent=0)]
            )  # a name of its own: same ones are folded
            page.evaluate(UNTIL_SEEN, ["", ".grid-body [role=row]", before])
            times.append(1000 * (time.perf_counter() - start))
        told("span sent to span on screen", ms(times), "1000")


def resident_mb(running: Running) -> float:
    """Resident memory of a process, in megabytes (Linux)."""
    pages = int(Path(f"/proc/{running.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(running: Running) -> float:
    """CPU time that a process has had, in seconds (Linux)."""
    fields = Path(f"/proc/{running.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
