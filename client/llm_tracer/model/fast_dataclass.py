"""A quick `__init__` for the frozen dataclasses that are made for every span."""

from __future__ import annotations

from dataclasses import MISSING, fields, make_dataclass
from typing import Any, TypeVar

_Class = TypeVar("_Class", bound=type)


def made_fast(cls: _Class) -> _Class:
    """The same frozen dataclass with slots, with an `__init__` that takes a quarter of the time.

    The `__init__` of dataclasses calls `object.__setattr__` for each field: 2.5 µs for the 32 of a Reading, several
    times a span. This one sets the fields while the new object belongs to a twin class that is not frozen. Not for
    classes from which others are derived.
    """
    names: dict[str, Any] = {"set_class": object.__setattr__, "frozen": cls, "absent": MISSING}
    names["twin"] = make_dataclass(cls.__name__, [(f.name, Any) for f in fields(cls)], slots=True)
    parameters, lines = [], []
    for f in fields(cls):
        default, given = "", f.name
        if f.default is not MISSING:
            names[f"default_{f.name}"] = f.default
            default = f"=default_{f.name}"
        elif f.default_factory is not MISSING:
            names[f"make_{f.name}"] = f.default_factory
            default, given = "=absent", f"make_{f.name}() if {f.name} is absent else {f.name}"
        parameters.append(f.name + default)
        lines.append(f" self.{f.name} = {given}\n")
    exec(  # noqa: S102 - made from the names of our own fields, as dataclasses does
        f"def __init__(self, {', '.join(parameters)}):\n set_class(self, '__class__', twin)\n"
        f"{''.join(lines)} self.__class__ = frozen\n",
        names,
    )
    made = names["__init__"]
    made.__annotations__ = vars(cls)["__init__"].__annotations__
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__module__ = cls.__module__
    cls.__init__ = made  # type: ignore[misc]
    return cls
