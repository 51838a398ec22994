"""Any value as bytes, at once, on the caller's thread: cheaper than a copy, and unaffected by later changes of the
value.

Never raises and never cuts silently: what the encoder cannot express is rendered (`render`), and a note stands in the
place of what is left out for its size. Bytes become base64 in JSON, NaN and infinities texts.
"""

from __future__ import annotations

import threading
from collections import UserString
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from itertools import islice
from math import inf, isfinite, prod
from typing import Any, TypeAlias

from .redact import MARK, is_named_as_a_secret

Scalar: TypeAlias = "str | int | float | bool | None"

Snapshot: TypeAlias = "Scalar | bytes"
"""A value that nobody can change any more: a plain scalar itself, anything else as msgpack bytes."""

Messages: TypeAlias = "tuple[str, ...]"
"""Role, text, role, text, … of a model call. These are the program's own strings: nothing is copied, and a
conversation that grows by a message a call is in memory once, not once a call."""

ARRAY_ITEMS_MAX = 16_384
"""Arrays with more items are described, not written out: 16,384 floats take the caller 0.3 ms."""

OBJECTS_IN_EACH_OTHER_MAX = 3
OBJECTS_MAX = 100
"""An object that is not data is shown by its fields, and so are objects in them; beyond these bounds only by type. A
web framework's request leads to its application, and from there to the whole program."""

AGAIN_MAX = 10_000
"""How many containers are shown again where they occur again. A graph with cycles has more paths than there is
time."""

TOO_DEEP_MAX = 100
"""How often a value may be nested too deeply. One that makes its items anew, each like itself, has no end anywhere."""

_DEPTH_MAX = 200
_SCALARS = frozenset({str, int, float, bool, type(None)})
_LISTS = (list, tuple, set, frozenset)
_INT_BOUND = 2**63


def snapshot(value: object) -> Snapshot:
    """`value` as it is now. Strings, numbers, booleans and None are immutable and returned as they are; an integer
    beyond 64 bits becomes its digits."""
    kind = type(value)
    if kind is int:
        return value if -_INT_BOUND <= value < _INT_BOUND else _digits(value)  # type: ignore[return-value,operator,arg-type]
    if kind is str or kind is float or kind is bool or value is None:
        return value  # type: ignore[return-value]
    try:
        return _encode(value)
    except Exception:  # noqa: S110 - a `with suppress` would cost 0.2 µs
        pass
    _showing.objects = 0
    try:  # with objects that have to be asked
        return _encode_asking(_own(value))
    except Exception:
        # Cycles, keys that are no strings, integers beyond 64 bits in it, broken surrogates, hooks that raise.
        return _encode(render(value))


def plain_messages(value: object) -> tuple[Messages, int] | None:
    """The usual messages to a model, `[{"role": …, "content": …}]` with texts, and their length in characters. None
    for anything else."""
    if type(value) is not list or not value:
        return None
    said: list[str] = []
    length = 0
    for message in value:
        if type(message) is not dict or len(message) != 2:
            return None
        role, content = message.get("role"), message.get("content")
        if type(role) is not str or type(content) is not str:
            return None
        said += (role, content)
        length += len(role) + len(content)
    return tuple(said), length


def _load_encoder(value: object) -> bytes:
    """Replaces the encoder until the first call. Importing msgspec takes 30 to 60 ms if typing_extensions is
    installed, which `import llm_tracer` must not cost."""
    load()
    return _encode(value)


_encode: Callable[[object], bytes] = _load_encoder
"""Runs no code of the program, so the value cannot change meanwhile: the encoder walks lists in C, and a list that
shrinks while it does so crashes the process."""

_encode_asking: Callable[[object], bytes] = _load_encoder
"""Calls methods of objects, so it must be given only containers that nobody else holds."""

_raw: Callable[[bytes], object]


def load() -> None:
    """Import the encoder now, so that no span pays for it. A Tracer does this when it is made."""
    global _encode, _encode_asking, _raw
    if _encode is _load_encoder:
        from msgspec import Raw
        from msgspec.msgpack import Encoder

        _raw = Raw
        _encode_asking = Encoder(enc_hook=_packed_object).encode
        _encode = Encoder().encode


def _packed_object(value: object) -> Any:
    """If something cannot be expressed, all of it fails, and `snapshot` renders the whole value once."""
    return _asked(value, _packed)


def _packed(value: object) -> Any:
    try:
        return _raw(_encode(value))
    except Exception:
        return _raw(_encode_asking(_own(value)))


class _Showing(threading.local):
    """The objects that this thread is showing by their fields: how deeply nested, and how many in one value."""

    depth = 0
    objects = 0


_showing = _Showing()


def _asked(value: object, go_on: Callable[[object], Any]) -> Any:
    """`go_on` with an object's own rendering; only the type of an object that is beyond the bounds."""
    if not _is_opaque(value):
        return go_on(render_object(value))
    if _showing.depth >= OBJECTS_IN_EACH_OTHER_MAX or _showing.objects >= OBJECTS_MAX:
        return f"<{type_name(value)}>"
    _showing.depth += 1
    _showing.objects += 1
    try:
        return go_on(render_object(value))
    finally:
        _showing.depth -= 1


def _own(value: Any) -> Any:
    """`value` with its containers copied, each in one step; everything else as it is."""
    if isinstance(value, dict):
        return {key: item if type(item) in _SCALARS else _own(item) for key, item in dict(value).items()}
    if isinstance(value, _LISTS):
        return [item if type(item) in _SCALARS else _own(item) for item in list(value)]
    if (names := _field_names(type(value))) is not None:  # type: ignore[arg-type]
        return {name: _own(getattr(value, name)) for name in names if hasattr(value, name)}
    return value


@lru_cache(512)
def _field_names(kind: type) -> list[str] | None:
    """The fields of a dataclass, an attrs class or a Struct; None for other types."""
    if hasattr(kind, "__dataclass_fields__"):
        return list(kind.__dataclass_fields__)
    if hasattr(kind, "__attrs_attrs__"):
        return [field.name for field in kind.__attrs_attrs__]
    if hasattr(kind, "__struct_fields__"):
        return list(kind.__struct_fields__)
    return None


def cut(kept: str | bytes, limit_bytes: int) -> str:
    """The beginning of a value that is too big, and how much is missing. A structure is cut in its JSON."""
    if isinstance(kept, bytes):
        from msgspec import json, msgpack

        kept = json.encode(msgpack.decode(kept)).decode()
    return f"{kept[:limit_bytes]} … [cut by the SDK: {max(0, len(kept) - limit_bytes):,} more characters]"


def render(value: object) -> Any:
    """`value` as a tree of dict, list, str, int, float, bool and None, which any encoder can express."""
    _showing.objects = 0
    return _Rendering().of(value, ())


class _Rendering:
    """Renders one value. Objects that were `seen` are kept alive, so that no other object gets their id."""

    def __init__(self) -> None:
        self._seen: dict[int, object] = {}
        self._again = 0
        self._too_deep = 0

    def of(self, value: object, above: tuple[int, ...]) -> Any:
        kind = type(value)
        if kind is str:
            return _printable(value)  # type: ignore[arg-type]
        if kind is int:
            return value if -_INT_BOUND <= value < _INT_BOUND else _digits(value)  # type: ignore[operator,arg-type]
        if kind is float and not isfinite(value):  # type: ignore[arg-type]
            return {inf: "Infinity", -inf: "-Infinity"}.get(value, "NaN")  # type: ignore[call-overload]
        if kind is float or kind is bool or kind is bytes or value is None:
            return value
        if id(value) in above:
            return f"<cycle: {type_name(value)}>"
        if len(above) >= _DEPTH_MAX or self._too_deep > TOO_DEEP_MAX:
            self._too_deep += 1
            return f"<nested deeper than {_DEPTH_MAX}: {type_name(value)}>"
        if id(value) in self._seen:
            self._again += 1
            if self._again > AGAIN_MAX:
                return f"<again: {type_name(value)}>"
        self._seen[id(value)] = value
        try:
            return self._inside(value, (*above, id(value)))
        except Exception as error:
            self._too_deep += isinstance(error, RecursionError)
            return f"<{type_name(value)} that cannot be rendered: {type(error).__name__}>"

    def _inside(self, value: Any, above: tuple[int, ...]) -> Any:
        if isinstance(value, Mapping):
            from ..model.keys import text_keys  # `import llm_tracer` loads no vocabulary

            items = list(value.items())
            keys = text_keys([key for key, _ in items], _key)
            return {key: self.of(item, above) for key, (_, item) in zip(keys, items, strict=True)}
        if isinstance(value, list | tuple | Set):
            return [self.of(item, above) for item in list(value)]
        if (names := _field_names(type(value))) is not None:  # type: ignore[arg-type]
            return {name: self.of(getattr(value, name, None), above) for name in names}
        return _asked(value, lambda said: self.of(said, above))


def render_object(value: Any) -> Any:
    """An object of a type that the encoder does not know, as something closer to what it knows."""
    kind = type(value)
    if isinstance(value, BaseException):
        return {"type": type_name(value), "message": text_of(value)}
    if isinstance(value, type):
        return repr(value)
    if isinstance(value, str):  # a subclass
        return str.__str__(value)
    if isinstance(value, UserString):  # a sequence of itself
        return value.data
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if hasattr(kind, "model_dump"):  # pydantic 2
        return _dumped(value)
    if hasattr(kind, "__fields__") and hasattr(kind, "dict"):  # pydantic 1
        return value.dict()
    if hasattr(kind, "tolist") and hasattr(kind, "dtype"):  # numpy; torch and jax tensors where they allow it
        return _render_array(value)
    if isinstance(value, Mapping):
        return _shown(value) if _is_opaque(value) else dict(value)
    if isinstance(value, Set):
        return list(value)
    if isinstance(value, Sequence) and not isinstance(value, range) and len(value) <= ARRAY_ITEMS_MAX:
        return list(islice(value, len(value)))  # without an IndexError its iteration has no end
    if hasattr(kind, "__fspath__"):
        return str(value)
    if _is_opaque(value):
        return {"type": type_name(value), **_shown(value.__dict__)}
    return text_of(value, repr)


def _is_opaque(value: object) -> bool:
    """Whether it has no representation of its own, so that only its fields tell what it is."""
    return getattr(type(value), "__repr__", None) is object.__repr__ and bool(
        getattr(value, "__dict__", None)
    )


def _shown(fields: Mapping[str, Any]) -> dict[Any, Any]:
    """The public fields of an object that was not made to be shown, such as a provider's client or a request passed
    as an argument. Keys and passwords are masked, also in its dicts and in lists of pairs such as headers."""
    public = {name: item for name, item in dict(fields).items() if not str(name).startswith("_")}
    return _without_secrets({name: _without_secrets_inside(item) for name, item in public.items()})


def _without_secrets(fields: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        name: MARK if isinstance(item, str | bytes) and is_named_as_a_secret(name) else item
        for name, item in dict(fields).items()
    }


def _without_secrets_inside(item: Any) -> Any:
    if isinstance(item, Mapping):
        return _without_secrets(item)
    if isinstance(item, list) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in list(item)
    ):
        return [(name, MARK if is_named_as_a_secret(name) else value) for name, value in item]
    return item


def _dumped(model: Any) -> Any:
    """Values of other types than the fields', as in a parsed answer of OpenAI, are not worth a warning in the program."""
    try:
        return model.model_dump(warnings=False)
    except TypeError:  # a `model_dump` of its own
        return model.model_dump()


def _render_array(array: Any) -> Any:
    size = prod(getattr(array, "shape", ()))
    if size > ARRAY_ITEMS_MAX:
        flat = array.reshape(-1) if hasattr(array, "reshape") else array  # a column of pandas is flat
        return {
            "type": type_name(array),
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "first": flat[:8].tolist(),
            "omitted_items": size - 8,
        }
    listed = array.tolist()
    is_its_own_list = type(listed) is type(array)  # as a `longdouble` of numpy
    return text_of(array, repr) if is_its_own_list else listed


def _key(key: object) -> str:
    return _printable(key) if type(key) is str else text_of(key)


def _printable(text: str) -> str:
    """Half of a surrogate pair, which UTF-8 cannot encode, is shown as its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _digits(number: int) -> str:
    """Hexadecimal beyond 4,300 digits, which Python does not write."""
    try:
        return str(number)
    except ValueError:
        return hex(number)


def text_of(value: object, write: Callable[[object], str] = str) -> str:
    """`str(value)`, even if that raises or cannot be encoded."""
    try:
        return _printable(write(value))
    except Exception as error:
        return f"<{type_name(value)} that cannot be printed: {type(error).__name__}>"


def type_name(value: object) -> str:
    """`ValueError`, or `package.module.Name` for what is not built in."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def list_of(snapshots: list[Snapshot]) -> list[Any]:
    """A list whose own snapshot has these as its items."""
    return [_raw(item) if type(item) is bytes else item for item in snapshots]
