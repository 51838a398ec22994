"""The fixture of the test kit, which pytest finds by the entry point of the package.

Beside the package and not in it: pytest imports this in every environment that has the SDK, and the SDK is imported
only where a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from llm_tracer.testing import InMemoryExporter


@pytest.fixture
def recorded_spans() -> Iterator[InMemoryExporter]:
    """What the test traces. See `llm_tracer.testing.record`."""
    from llm_tracer.testing import record

    with record() as exporter:
        yield exporter
