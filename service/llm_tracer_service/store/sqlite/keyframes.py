"""The keyframes of recently written traces, against which a conversation that goes on is compressed."""

from __future__ import annotations

import threading
from collections import OrderedDict

from llm_tracer_service.store.packing import Keyframe

_BYTES_MAX = 8 * 1024 * 1024


class Keyframes:
    """Remembers the keyframes of recent traces, up to 8 MB of them. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: OrderedDict[tuple[str, str], Keyframe] = OrderedDict()
        self._bytes = 0

    def get(self, project: str, trace_id: str) -> Keyframe | None:
        """The keyframe of a trace; its body is in the file, or was."""
        with self._lock:
            return self._recent.get((project, trace_id))

    def remember(self, project: str, trace_id: str, keyframe: Keyframe) -> None:
        """Remembers the keyframe of a trace, once it is in the file."""
        with self._lock:
            self._forget((project, trace_id))
            self._recent[project, trace_id] = keyframe
            self._bytes += len(keyframe.encoded)
            while self._bytes > _BYTES_MAX:
                self._forget(next(iter(self._recent)))

    def _forget(self, key: tuple[str, str]) -> None:
        old = self._recent.pop(key, None)
        if old is not None:
            self._bytes -= len(old.encoded)
