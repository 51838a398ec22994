"""Which traces are recorded. The trace id decides, so every process and every span of a trace decides the same."""

from __future__ import annotations

from collections.abc import Iterable

_LOW_64 = 2**64 - 1


class Sampler:
    """`rate` (0 to 1) of the traces; of those whose root's name matches a rule, the rate of the first such rule.

    A rule is a pattern as for file names (`health*`) and a rate. The comparison is that of OpenTelemetry's
    TraceIdRatioBased: the low 64 bits of the trace id against rate × 2⁶⁴.
    """

    __slots__ = ("_bound", "_rules")

    def __init__(self, rate: float, rules: Iterable[tuple[str, float]] = ()) -> None:
        """Raises ValueError for a rate outside 0 to 1."""
        import re
        from fnmatch import translate

        self._bound = _bound(rate)
        self._rules = [(re.compile(translate(pattern)).match, _bound(of)) for pattern, of in rules]

    def keeps(self, trace_id_bits: int, root_name: str) -> bool:
        for matches, bound in self._rules:
            if matches(root_name):
                return trace_id_bits & _LOW_64 < bound
        return trace_id_bits & _LOW_64 < self._bound


def _bound(rate: float) -> int:
    if not 0 <= rate <= 1:
        raise ValueError(f"a sampling rate is a number from 0 to 1, not {rate!r}")
    return round(rate * 2**64)
