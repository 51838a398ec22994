"""The dashboard in Chromium. The tests of a module share one Tracer API and one dashboard; each begins with an empty store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from running import Running, start_service, stopping
from waiting import http

from .browsing import Watch, chromium, dashboard

expect.set_options(timeout=30_000)  # as long as any other step: a busy machine is no fault of the page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a module."""
    with chromium() as one:
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


@pytest.fixture(scope="module")
def module_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service of a module. Tests that only look are given it filled: their module has a `service` which does that."""
    with stopping(start_service(tmp_path_factory.mktemp("service"))) as running:
        yield running


@pytest.fixture(scope="module")
def module_site(module_service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The dashboard over it."""
    with dashboard(tmp_path_factory.mktemp("site"), module_service.url) as running:
        yield running


@pytest.fixture
def service(module_service: Running) -> Running:
    """The service of the module without a trace. What arrived before is still in its log of requests."""
    api = f"{module_service.url}/api/traces"
    http.delete(api, params={"q": "", "confirm": "true"}).raise_for_status()
    return module_service


@pytest.fixture
def site(service: Running, module_site: Running) -> Running:
    """The dashboard over the service of this test."""
    return module_site
