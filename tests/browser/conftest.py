"""The dashboard in Chromium. All tests share one Tracer API, one dashboard and one Chromium; each begins with an empty store
and a browser that knows nothing. Those of a module that fills its store once have a Tracer API and a dashboard of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect, sync_playwright
from running import Running, start_service, stopping

from .browsing import Watch, dashboard, launch

expect.set_options(timeout=30_000)  # as long as any other step: a busy machine is no fault of the page


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """There can be only one at a time. It ends with the tests of this folder: while it runs, no other may run an event loop."""
    with sync_playwright() as one:
        yield one


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launch(playwright) as one:
        yield one


@pytest.fixture
def viewport() -> ViewportSize:
    """The size of the window, in CSS pixels."""
    return {"width": 1280, "height": 800}


@pytest.fixture
def page(browser: Browser, site: Running, viewport: ViewportSize) -> Iterator[Page]:
    """A page of its own; whatever it did wrong fails the test at its end."""
    context = browser.new_context(viewport=viewport, base_url=site.url)
    one = context.new_page()
    watch = Watch(one, site.url)
    yield one
    context.close()
    assert watch.faults == []


@pytest.fixture(scope="package")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One to which only pages and tests of this folder have spoken."""
    with stopping(start_service(tmp_path_factory.mktemp("service"))) as running:
        yield running


@pytest.fixture(scope="package")
def shared_site(shared_service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with dashboard(tmp_path_factory.mktemp("site"), shared_service.url) as running:
        yield running


@pytest.fixture(scope="module")
def module_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service for a module whose tests only look: it has a `service` that fills this one, and a `site` over it."""
    with stopping(start_service(tmp_path_factory.mktemp("service"))) as running:
        yield running


@pytest.fixture(scope="module")
def module_site(module_service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The dashboard over it."""
    with dashboard(tmp_path_factory.mktemp("site"), module_service.url) as running:
        yield running


@pytest.fixture
def site(service: Running, shared_site: Running) -> Running:
    """The dashboard over the service of this test."""
    return shared_site
