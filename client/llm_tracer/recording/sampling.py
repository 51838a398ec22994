"""Which traces are recorded. The trace id decides, so all processes and spans of a trace agree."""

from __future__ import annotations

from collections.abc import Iterable

_LOW_64 = 2**64 - 1


class Sampler:
    """Keeps `rate` (0 to 1) of the traces; if a rule matches the name of the root, the rate of the first such rule.

    A rule is a pattern as for file names (`health*`) and a rate. The low 64 bits of the trace id are compared with
    rate × 2⁶⁴, as in OpenTelemetry's TraceIdRatioBased.
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
