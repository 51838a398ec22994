"""Memory that was freed, given back to the system: glibc keeps what lies between blocks that are in use."""

from __future__ import annotations

import ctypes
from collections.abc import Callable


def _trim() -> Callable[[], None]:
    try:
        malloc_trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # not glibc; on Windows None names no library
        return lambda: None
    return lambda: malloc_trim(0)


give_back = _trim()
"""Gives back what can be given back: 2 ms, 13 MB of 113 after bodies were read and packed for a while. Elsewhere than with
glibc it does nothing."""
