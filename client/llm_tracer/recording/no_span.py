"""The span that records nothing. It costs a program with tracing off less than 0.3 µs (benchmarks/sdk.py)."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

from .span import UNSAMPLED_NS, Span

if TYPE_CHECKING:
    from types import TracebackType


class NoSpan(Span):
    """The span when tracing is off or no span is current: it accepts everything and keeps nothing."""

    __slots__ = ()

    def __init__(self) -> None:
        self._trace_bits = self._span_bits = 0
        self._name = ""
        self._output = None
        self._end_ns = UNSAMPLED_NS

    def set_output(
        self,
        value: object = None,
        # No `*` here: it would cost a look-up for each argument that is not given, 0.03 µs of 0.2.
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cached_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        cost: float | None = None,
    ) -> None:
        pass

    def end(self) -> None:
        pass

    def __reduce__(self) -> str:
        return "NO_SPAN"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass


NO_SPAN = NoSpan()

# Returns what a `def __enter__` would, without a frame: saves 0.03 µs of 0.2.
NoSpan.__enter__ = repeat(NO_SPAN).__next__  # type: ignore[assignment,method-assign]
