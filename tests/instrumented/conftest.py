from __future__ import annotations

from collections.abc import Iterator

import pytest

from instrumented.provider import Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()
