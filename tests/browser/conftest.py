"""The dashboard in Chromium, for one test over a service of its own, or for a whole module over one service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from running import Running, start_service, stopping

from .browsing import Watch, chromium, dashboard

expect.set_options(timeout=30_000)  # as long as any other step: a busy machine is no fault of the page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a module."""
    with chromium() as one:
        yield one


@pytest.fixture
def site(service: Running, tmp_path: Path) -> Iterator[Running]:
    """The dashboard over the service of this test."""
    with dashboard(tmp_path, service.url) as running:
        yield running


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
    """A service that the tests of a module share: its `service` fills and returns it."""
    with stopping(start_service(tmp_path_factory.mktemp("service"))) as running:
        yield running


@pytest.fixture(scope="module")
def module_site(module_service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The dashboard over it."""
    with dashboard(tmp_path_factory.mktemp("site"), module_service.url) as running:
        yield running
