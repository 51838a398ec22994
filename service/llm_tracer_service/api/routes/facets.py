"""What can be asked for: traces by value, and the fields of the query text with their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, cast

from llm_tracer.model.groups import FACET_FIELDS, FacetField, RankedCounts, ranked_counts
from llm_tracer.model.query import FAMILIES, FamilyTest, Test, TraceQuery, as_text
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData
from msgspec import Meta, Struct
from starlette.responses import Response

from llm_tracer_service.api import answers, render, render_aggregates
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Selection
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.api.shortened import beginning
from llm_tracer_service.errors import Problem
from llm_tracer_service.query import FieldDoc, known_fields, to_text
from llm_tracer_service.query.conditions import Family
from llm_tracer_service.query.fields import nearest_field
from llm_tracer_service.store.base import ALWAYS, EVERYTHING

_NAMES = ", ".join(FACET_FIELDS)
_TRACES_LOOKED_AT = 20
_SPANS_LOOKED_AT = 20
_KEYS_MAX = 500
_EXAMPLES = 5
_VALUE_CHARS_MAX = 100
_KEY_CHARS_MAX = 200

Limit = Annotated[int, Meta(ge=1, le=1000, description="How many values of a field, 1 to 1000; default 10.")]


class FacetParams(Selection, kw_only=True):
    """`GET /api/facets`."""

    fields: Annotated[
        str | None, Meta(description=f"Which fields, separated by commas: {_NAMES}; default: all.")
    ] = None
    limit: Limit = 10


class FieldParams(Struct, forbid_unknown_fields=True, kw_only=True):
    """`GET /api/fields`."""

    field: Annotated[
        str | None,
        Meta(description="Only this field, with its values; also meta.KEY, score.NAME and attr.KEY."),
    ] = None
    prefix: Annotated[str, Meta(description="Only values that begin with this; case-insensitive.")] = ""
    limit: Limit = 10


def _facets(call: Call) -> Response:
    params: FacetParams = call.params
    fields = _known(params.fields) if params.fields else FACET_FIELDS
    time_range = params.time_range(call.service.clock())
    found = call.service.store.facets(call.project, params.query(), time_range, fields)
    facets = [render_aggregates.facet(field, found.counts[field], params.limit) for field in fields]
    return json_response(answers.Facets(facets, *render.counted(found.counted_since_unix_nano)), call.headers)


def _known(names: str) -> tuple[FacetField, ...]:
    asked = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    unknown = next((name for name in asked if name not in FACET_FIELDS), None)
    if unknown is not None or not asked:
        raise Problem(422, f"There is no facet {unknown or ''!r}.", f"Known: {_NAMES}.")
    return cast(tuple[FacetField, ...], asked)


def _fields(call: Call) -> Response:
    params: FieldParams = call.params
    if params.field:
        answer = answers.Fields([_one_field(call, params.field, params.prefix, params.limit)], [])
        return json_response(answer, call.headers)
    found = call.service.store.facets(call.project, EVERYTHING, ALWAYS, FACET_FIELDS)
    ranked = {field: ranked_counts(found.counts[field], _EXAMPLES) for field in FACET_FIELDS}
    listed = [_field_info(doc, doc.name, ranked.get(cast(FacetField, doc.name))) for doc in known_fields()]
    keys = sorted({key for key, _ in _keys(call) if len(key) <= _KEY_CHARS_MAX})[:_KEYS_MAX]
    return json_response(answers.Fields(listed, keys), call.headers)


def _one_field(call: Call, name: str, prefix: str, limit: int) -> answers.FieldInfo:
    family = name.partition(".")[0]
    docs = {doc.name: doc for doc in known_fields()}
    families = {doc.name.partition(".")[0]: doc for doc in docs.values() if doc.type == "any"}
    if name in docs and docs[name].type != "any":
        field = next((each for each in FACET_FIELDS if each == name), None)
        if field is None:
            return _field_info(docs[name], name, None, prefix)
        counts = call.service.store.facets(call.project, EVERYTHING, ALWAYS, (field,)).counts[field]
        return _field_info(docs[name], name, ranked_counts(counts, limit, prefix), prefix)
    if family in families and name != family:
        seen = Counter(text for key, value in _keys(call) if key == name for text in _spelled(value))
        return _field_info(families[family], name, ranked_counts(seen, limit, prefix))
    near = nearest_field(name)
    raise Problem(
        422, f"There is no field {name!r}.", f"Did you mean {near}?" if near else "See /api/fields."
    )


def _field_info(doc: FieldDoc, name: str, counts: RankedCounts | None, prefix: str = "") -> answers.FieldInfo:
    if counts is not None and counts.first:
        values = [
            answers.FacetValue(beginning(value), count, _found_by(name, value))
            for value, count in counts.first
        ]
    else:
        fitting = (value for value in doc.values if value.startswith(prefix.casefold()))
        values = [answers.FacetValue(value, 0, f"{name}:{value}") for value in fitting]
    operators = [":"] if doc.type == "text" else [":", "=", "!=", ">", ">=", "<", "<="]
    return answers.FieldInfo(name, doc.type, doc.description, doc.example, operators, doc.of_one_span, values)


def _found_by(name: str, value: str) -> str:
    """The query text that finds a value of a field, or of a key in a family."""
    family, _, key = name.partition(".")
    if family not in FAMILIES:
        return render_aggregates.value_query(name, value)
    return to_text(TraceQuery(FamilyTest(cast(Family, family), key, Test(texts=(value,)))))


def _keys(call: Call) -> Iterator[tuple[str, Any]]:
    """The entries of metadata, scores and attributes in the newest traces, with their values."""
    store = call.service.store
    for summary in store.find_traces(call.project, limit=_TRACES_LOOKED_AT).traces:
        trace = store.get_trace(call.project, summary.trace_id)
        if trace is None:  # deleted meanwhile
            continue
        for row in islice(trace.rows, _SPANS_LOOKED_AT):
            yield from _keys_of(row, trace.spans.get(row.span_id))


def _keys_of(row: SpanRow, span: SpanData | None) -> Iterator[tuple[str, Any]]:
    for key, value in row.reading.metadata.items():
        yield f"meta.{key}", value
    for score in row.reading.scores:
        yield f"score.{score.name}", score.label if score.value is None else score.value
    if span is not None:  # else deleted meanwhile
        for key, value in (*span.attributes.items(), *span.resource.attributes.items()):
            yield f"attr.{key}", value


def _spelled(value: Any) -> Iterator[str]:
    """A value as queries spell it: each element of a list, the beginning of a long text with `*` for the rest, and nothing
    for no value."""
    if isinstance(value, list | tuple):
        for element in value:
            yield from _spelled(element)
    elif value is not None and value != "":
        text = as_text(value)
        yield text if len(text) <= _VALUE_CHARS_MAX else f"{text[:_VALUE_CHARS_MAX]}*"


OPERATIONS = [
    Operation(
        "GET",
        "/api/facets",
        _facets,
        "Traces by value",
        "How many of the traces that `q` matches have each value of a field, the most frequent first.",
        params=FacetParams,
        answer=answers.Facets,
        refusals=(400, 422, 503),
    ),
    Operation(
        "GET",
        "/api/fields",
        _fields,
        "The fields of the query text",
        "Each field with its type, operators and values, and the keys of metadata, scores and attributes in the newest "
        "traces: what a query box completes. With `field`, its values that begin with `prefix`.",
        params=FieldParams,
        answer=answers.Fields,
        refusals=(400, 422, 503),
    ),
]
