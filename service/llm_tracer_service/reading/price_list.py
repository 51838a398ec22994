"""The public list of genai-prices, loaded piece by piece.

The package holds 2,300 models of 47 providers as 1.6 MB of Python, and most services meet the models of three. So its
source is cut where providers and models begin, and a piece is evaluated when it is needed. The results are the package's
own objects: finding a model and pricing a call remain its work.
"""

from __future__ import annotations

import datetime
import re
import zlib
from decimal import Decimal
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from genai_prices import types
from genai_prices.data_snapshot import DataSnapshot, get_snapshot
from genai_prices.types import ModelInfo, Provider

_BEGINNING = """
import datetime
from decimal import Decimal

from .types import *

__all__ = ('providers',)

providers: list[Provider] = [
"""
"""What the source says before its providers. So these are all the names it uses:"""

_NAMES: dict[str, Any] = {
    **{name: getattr(types, name) for name in types.__all__},
    "datetime": datetime,
    "Decimal": Decimal,
}

_PROVIDER = re.compile(r"^(?= {4}Provider\()", re.MULTILINE)
_MODELS = "\n        models=[\n"
_MODEL = re.compile(r"^(?= {12}ModelInfo\()", re.MULTILINE)


def load_price_list() -> DataSnapshot:
    """The list of the installed package."""
    return listed(source_of_package())


def source_of_package() -> str:
    """The source of `genai_prices.data`; empty if only its bytecode is installed."""
    spec = find_spec("genai_prices.data")
    loader: Any = None if spec is None else spec.loader  # of files, or of parts of an archive
    return getattr(loader, "get_source", lambda name: None)("genai_prices.data") or ""


def listed(source: str) -> DataSnapshot:
    """The list that a source describes; if its layout is unknown, the package's own, which is loaded whole."""
    try:
        providers = _PROVIDER.split(source.split(_BEGINNING)[1].removesuffix("]\n"))
        return DataSnapshot([LazyProvider(each) for each in providers if each], from_auto_update=False)
    except Exception:  # whatever comes of evaluating pieces of something else
        return get_snapshot()


class LazyProvider(Provider):
    """A provider whose models are made when the first of them is needed. Only for one thread at a time."""

    def __init__(self, source: str) -> None:
        head, models = source.split(_MODELS)
        vars(self).update(vars(_made(f"{head})")))
        del vars(self)["models"]
        self._source = zlib.compress(models.removesuffix("        ],\n    ),\n").encode(), 1)

    @cached_property
    def models(self) -> list[ModelInfo]:  # type: ignore[override]  # which nobody sets
        """The models, as the package has them."""
        try:
            source = zlib.decompress(self._source).decode()
            # One by one: what is compiled together takes up memory together.
            return [_made(each) for each in _MODEL.split(source) if each]
        except Exception:  # as above
            return next(each.models for each in get_snapshot().providers if each.id == self.id)


def _made(source: str) -> Any:
    """The object that an element of a list in the source stands for. Raises whatever the source raises."""
    made = eval(source.strip().removesuffix(","), _NAMES)  # noqa: S307  # code of the package
    if not isinstance(made, Provider | ModelInfo):
        raise TypeError(f"{made!r} is not one element.")
    return made
