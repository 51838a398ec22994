"""What a person waits for in the dashboard: real Chromium, real service, one machine.

    python3 run.py bench dashboard

Prints milliseconds by the browser's own clock (the median of five, and the worst), row nodes in the page, frame times
while scrolling, and resident memory of both processes.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser.browsing import chromium, dashboard, send_giant
from playwright.sync_api import Page
from running import Running, start_service, stopping

ROUNDS = 5
CLICK = """async () => {
  const start = performance.now();
  document.querySelector("a.row").click();
  await new Promise((done) => {
    const look = () =>
      document.querySelectorAll(".grid-body [role=row]").length > 5 ? requestAnimationFrame(done) : requestAnimationFrame(look);
    look();
  });
  return performance.now() - start;
}"""
SCROLL = """async () => {
  const grid = document.querySelector(".grid");
  const times = [];
  let most = 0;
  let last = performance.now();
  for (let i = 0; i < 200; i += 1) {
    grid.scrollTop += 1400;
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - last);
    last = performance.now();
    most = Math.max(most, grid.querySelectorAll("[role=row]").length);
  }
  times.sort((a, b) => a - b);
  return [most, times[100], times[190]];
}"""


def main() -> None:
    print(f"{'spans':>8} {'click to rendered ms':>24} {'rows in the page':>18} {'frame ms p50 / p95':>20}")
    for span_count in (10, 1_000, 10_000, 50_000):
        with tempfile.TemporaryDirectory() as name:
            measure(span_count, Path(name))


def measure(span_count: int, folder: Path) -> None:
    with (
        stopping(start_service(folder)) as service,
        dashboard(folder, service.url) as site,
        chromium() as browser,
    ):
        send_giant(service.url, span_count)
        page = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=site.url).new_page()
        clicks = [click_to_rendered(page) for _ in range(ROUNDS)]
        page.keyboard.press("]")
        most, middle, slow = page.evaluate(SCROLL)
        shown = f"{statistics.median(clicks):.0f} (worst {max(clicks):.0f})"
        print(f"{span_count:>8,} {shown:>24} {most:>18} {f'{middle:.0f} / {slow:.0f}':>20}", flush=True)
        if span_count == 10_000:
            skeleton = httpx.get(
                f"{service.url}/api/traces/{1:032x}/skeleton", headers={"Accept-Encoding": "identity"}
            )
            print(f"{'':8} skeleton {len(skeleton.content):,} bytes uncompressed; "
                  f"memory {resident_mb(service):.0f} MB API, {resident_mb(site):.0f} MB dashboard")  # fmt: skip


def click_to_rendered(page: Page) -> float:
    """Milliseconds from the click on the trace in the list until its rows are painted."""
    page.goto("/")
    page.locator("a.row").wait_for()
    time.sleep(0.3)
    return float(page.evaluate(CLICK))


def resident_mb(running: Running) -> float:
    """Resident memory of a process, in megabytes (Linux)."""
    pages = int(Path(f"/proc/{running.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
