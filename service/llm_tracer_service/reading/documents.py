"""What was searched for and found: retrieved and reranked documents, embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from llm_tracer.model.reading import Message
from llm_tracer.model.span import SpanData

from llm_tracer_service.reading.facts import Understood
from llm_tracer_service.reading.lookup import Candidate, sent_value
from llm_tracer_service.reading.messages.indexed import unflattened
from llm_tracer_service.reading.values import (
    compact,
    number,
    parsed,
    python_mapping,
    untyped,
    without_empty,
)

_VECTOR_HEAD = 8
"""How many numbers of a vector are kept: enough to show that it is one."""


def documents_of(understood: Understood, span: SpanData) -> list[dict[str, Any]]:
    """The documents of a span: from their own keys, from vector database events, or from a retriever's output."""
    facts = understood.facts
    for candidate in facts.open.get("documents", ()):
        found = list(_documents(_elements(candidate)))
        if found:
            return found
    found = list(_from_events(span))
    if not found and understood.kind in ("retriever", "reranker", "db"):
        for candidate in facts.open.get("output_raw", ()):
            value = parsed(sent_value(candidate))
            if isinstance(value, dict):
                value = next(
                    (
                        value[name]
                        for name in ("documents", "nodes", "results", "chunks", "output")
                        if name in value
                    ),
                    value,
                )
            found = list(_documents(value if isinstance(value, list) else ()))
            if found:
                break
    return found


def _elements(candidate: Candidate) -> Iterable[Any]:
    if candidate.source.form == "list":
        return unflattened(candidate.value)
    value = parsed(sent_value(candidate))
    return value if isinstance(value, list) else ()


def _documents(elements: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for element in elements:
        element = untyped(parsed(element))
        if isinstance(element, str):
            yield _document({"content": element})
        elif isinstance(element, dict):
            inner = element.get("document")
            inner = inner if isinstance(inner, dict) else element
            node = inner.get("node")
            if isinstance(node, dict):  # LlamaIndex: {"node": {...}, "score": ...}
                inner = {**node, **inner}
            if inner.get("kwargs") and isinstance(inner["kwargs"], dict):  # LangChain's serialised Document
                inner = inner["kwargs"]
            if not inner.keys().isdisjoint(_DOCUMENT_KEYS):
                yield _document(inner)


_DOCUMENT_KEYS = ("content", "page_content", "pageContent", "text", "score", "id", "document", "chunk")


def _document(sent: dict[str, Any]) -> dict[str, Any]:
    metadata = parsed(sent.get("metadata"))
    named = metadata if isinstance(metadata, dict) else {}
    content = next(
        (
            sent[name]
            for name in ("content", "page_content", "pageContent", "text", "document", "chunk")
            if sent.get(name) is not None
        ),
        None,
    )
    identity = sent.get("id") or sent.get("document_id") or sent.get("id_") or sent.get("doc_id")
    return {
        "id": None if identity is None else str(identity),
        "content": content if content is None or isinstance(content, str) else compact(content),
        "score": _score(sent.get("score")),
        "metadata": metadata,
        "title": sent.get("title") or sent.get("name") or named.get("title"),
        "uri": sent.get("uri")
        or sent.get("url")
        or named.get("source")
        or named.get("url")
        or named.get("uri"),
    }


def _score(value: Any) -> float | None:
    if isinstance(value, float | int) and not isinstance(value, bool):
        return value
    return number(value)


def _from_events(span: SpanData) -> Iterator[dict[str, Any]]:
    """OpenLLMetry's vector databases send one event per result."""
    for event in span.events:
        if event.name not in ("db.query.result", "db.search.result"):
            continue
        sent = {key.rsplit(".", 1)[-1]: value for key, value in without_empty(event.attributes).items()}
        distance = sent.get("distance", sent.get("score"))
        # Milvus says the fields of what it found as Python prints them.
        fields = python_mapping(sent.get("entity")) or {}
        content = sent.get("document", sent.get("content", fields.get("content")))
        yield _document({"metadata": fields or None, **fields, **sent, "score": distance, "content": content})


def query_of(understood: Understood) -> str | None:
    """What a retriever was asked, if no key of its own says so."""
    if understood.kind not in ("retriever", "reranker"):
        return None
    for candidate in understood.facts.open.get("input_raw", ()):
        value = parsed(sent_value(candidate))
        if isinstance(value, dict):
            value = next(
                (
                    value[name]
                    for name in ("query", "question", "input", "text")
                    if isinstance(value.get(name), str)
                ),
                None,
            )
        if isinstance(value, str):
            return value
    return None


def embeddings_of(understood: Understood, given: Sequence[Message]) -> dict[str, Any] | None:
    """How many texts were embedded, by which model, into how many dimensions; never whole vectors.

    Each of the messages `given` is a text where nothing else says what was embedded (OpenLLMetry).
    """
    facts = understood.facts
    if understood.kind != "embedding":
        return None
    vectors: list[Any] = []
    texts: list[Any] = []
    for candidate in facts.open.get("embeddings", ()):
        for element in unflattened(candidate.value):
            inner = element.get("embedding", element) if isinstance(element, dict) else {}
            if isinstance(inner, dict):
                texts.append(inner.get("text"))
                vectors.append(parsed(inner.get("vector")))
    for candidate in facts.open.get("embedding_vectors", ()):
        value = parsed(candidate.value)
        if isinstance(value, list) and candidate.key.endswith("s"):
            vectors += map(parsed, value)
        elif isinstance(value, list):
            vectors.append(value)
    for candidate in facts.open.get("embedding_texts", ()):
        value = parsed(candidate.value)
        # Each of Vercel's texts is JSON: "\"hello\"".
        texts.extend(map(_unquoted, value if isinstance(value, list) else [value]))
    vector = next((v for v in vectors if isinstance(v, list) and v), None)
    return {
        "model": facts.get("embeddings_model") or facts.get("response_model") or facts.get("request_model"),
        "count": max(len(vectors), len(texts)) or len(given) or None,
        "dims": facts.get("embedding_dims") or (len(vector) if vector else None),
        "texts": [text for text in texts if isinstance(text, str)],
        "head": vector[:_VECTOR_HEAD] if vector else None,
    }


def _unquoted(text: Any) -> Any:
    return parsed(text) if isinstance(text, str) and text.startswith('"') else text


def rerank_of(understood: Understood) -> dict[str, Any] | None:
    """What a reranker was given and how it ranked it; for a retriever, its top_k and source."""
    facts = understood.facts
    found: dict[str, Any] = dict(facts.values.get("retrieval", {}))
    for field, name in (("rerank_input", "input_documents"), ("rerank_output", "output_documents")):
        if understood.kind == "reranker":
            for candidate in facts.open.get(field, ()):
                found[name] = list(_documents(_elements(candidate))) or parsed(sent_value(candidate))
                break
    return found or None
