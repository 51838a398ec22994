from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from llm_tracer.clock import file_clock_s, monotonic_s

needs_posix = pytest.mark.skipif(os.name != "posix", reason="freezegun sets the only clock that Windows has")


@needs_posix
def test_what_is_waited_by_goes_on_where_the_program_has_another_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("time", "time_ns", "monotonic", "monotonic_ns"):  # as freezegun replaces them
        monkeypatch.setattr(time, name, lambda: 1_326_499_200)
    before_s = monotonic_s()
    time.sleep(0.01)
    assert 0.01 <= monotonic_s() - before_s < 60


def test_files_have_the_time_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "older").touch()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert 0 <= file_clock_s(str(tmp_path)) - os.stat(tmp_path / "older").st_mtime < 60
    assert [path.name for path in tmp_path.iterdir()] == ["older"]
