"""Scores as the attributes of OpenInference annotations: `annotations.0.annotation.name` and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

ScoreTarget: TypeAlias = Literal["span", "trace", "session"]

_PREFIX: dict[str, str] = {"span": "", "trace": "trace.", "session": "session."}


def score_attributes(
    before: Mapping[str, object],
    name: str,
    value: float | bool | str | None,
    label: str | None,
    explanation: str | None,
    of: ScoreTarget,
    annotator: str,
) -> dict[str, object]:
    """The attributes of a further score on a span with the attributes `before`. A value that is a word is the label, and
    `True` gets the label `true`, as for scores sent over HTTP. Raises KeyError if `of` is none of the three."""
    if label is None and isinstance(value, bool):
        label = "true" if value else "false"
    if isinstance(value, bool):
        value = float(value)
    elif isinstance(value, str):
        label, value = (value if label is None else label), None
    prefix = f"{_PREFIX[of]}annotations."
    number = sum(key.startswith(prefix) and key.endswith(".annotation.name") for key in before)
    said = {
        "name": name,
        "score": value,
        "label": label,
        "explanation": explanation,
        "annotator_kind": annotator,
    }
    return {f"{prefix}{number}.annotation.{key}": item for key, item in said.items() if item is not None}
