"""Values that were made lately, kept within a bound: the one that was not asked for longest goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def _one(key: object, value: object) -> int:
    return 1


class Recent(Generic[Key, Value]):
    """For values that hold for their keys for ever, so that none has to be taken back. They weigh `weight_max` together
    at the most, each what `weigh` says of it, or one. Safe to use from many threads."""

    def __init__(self, weight_max: int, weigh: Callable[[Key, Value], int] = _one) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._weight_max = weight_max
        self._weigh = weigh
        self._weight = 0

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of a key, made where it is not remembered: by two threads that ask at once, twice."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            if key not in self._values:
                self._values[key] = value
                self._weight += self._weigh(key, value)
            while self._weight > self._weight_max:
                self._weight -= self._weigh(*self._values.popitem(last=False))
        return value
