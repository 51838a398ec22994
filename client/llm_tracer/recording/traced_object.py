"""An object that is called like a function and is more than that: a cached function, a task, a command, or a generator
function, as which frameworks know it by its code."""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from operator import attrgetter
from types import FunctionType, MethodType
from typing import Any

_get = object.__getattribute__


def traced_object(inner: Any, call: Callable[..., Any]) -> TracedObject:
    if isinstance(inner, FunctionType):
        return TracedFunction(inner, call)
    return (TracedDescriptor if hasattr(type(inner), "__get__") else TracedObject)(inner, call)


class TracedObject:
    """`inner`, except that calling it is `call`. It has the attributes and the type that `inner` has, so that
    `cache_clear()`, `.delay()` and `isinstance` work as before."""

    __slots__ = ("__weakref__", "_call", "_inner")

    def __init__(self, inner: Any, call: Callable[..., Any]) -> None:
        object.__setattr__(self, "_inner", inner)
        object.__setattr__(self, "_call", call)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _get(self, "_call")(*args, **kwargs)

    def __getattribute__(self, name: str) -> Any:
        inner = _get(self, "_inner")
        if name == "__wrapped__":  # its signature is that of `inner`
            return getattr(inner, name, inner)
        return getattr(inner, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(_get(self, "_inner"), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_get(self, "_inner"), name)

    def __dir__(self) -> list[str]:
        return dir(_get(self, "_inner"))

    def __repr__(self) -> str:
        return repr(_get(self, "_inner"))


class TracedDescriptor(TracedObject):
    """One that becomes a method in a class."""

    __slots__ = ()

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        inner = _get(self, "_inner")
        bound = inner.__get__(instance, owner)
        if bound is inner:  # a method of another object
            return self
        return MethodType(self, instance) if isinstance(bound, MethodType) else bound


class TracedFunction(TracedDescriptor):
    """A function. Like any other, it is pickled by its name."""

    __slots__ = ()


copyreg.pickle(TracedFunction, attrgetter("__qualname__"))
