"""The rows of a Trace, loaded on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from llm_tracer.model.row import SpanRow


class LazyRows(Sequence[SpanRow]):
    """The rows of a trace, loaded when the first of them is needed: most conditions need none."""

    def __init__(self, load: Callable[[], Sequence[SpanRow]]) -> None:
        self._load = load
        self._loaded: Sequence[SpanRow] | None = None

    def _rows(self) -> Sequence[SpanRow]:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def __len__(self) -> int:
        return len(self._rows())

    def __iter__(self) -> Iterator[SpanRow]:
        return iter(self._rows())  # not by index, one by one

    @overload
    def __getitem__(self, index: int) -> SpanRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SpanRow]: ...
    def __getitem__(self, index: int | slice) -> SpanRow | Sequence[SpanRow]:
        return self._rows()[index]
