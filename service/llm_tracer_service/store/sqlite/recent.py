"""Recently made values, kept within a bound: the least recently used goes first."""

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
    """Values by key, which together weigh at most `weight_max`; `weigh` gives the weight of each, one by default. Safe to use
    from many threads."""

    def __init__(self, weight_max: int, weigh: Callable[[Key, Value], int] = _one) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._weight_max = weight_max
        self._weigh = weigh
        self._weight = 0

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of a key, made if it is not remembered: twice, if two threads ask at once."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        self.add(key, value)
        return value

    def known(self, key: Key) -> Value | None:
        """The value of a key; None if it is not remembered."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def add(self, key: Key, value: Value) -> None:
        """Remembers a value, in place of an earlier one of its key."""
        with self._lock:
            if key in self._values:
                self._weight -= self._weigh(key, self._values.pop(key))
            self._values[key] = value
            self._weight += self._weigh(key, value)
            while self._weight > self._weight_max:
                self._weight -= self._weigh(*self._values.popitem(last=False))
