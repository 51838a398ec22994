"""The table of conventions: its syntax, and a user's own file, which takes precedence."""

from __future__ import annotations

from pathlib import Path

import pytest
from llm_tracer_service.reading.dialects import Condition, DialectError, Source, parse_dialects, parse_source
from llm_tracer_service.reading.fields import CONVERT, MAPS, UNIONS
from llm_tracer_service.reading.reader import _PACKAGED, load_reader

from .spans import span

OPEN = {
    "input_raw", "output_raw", "system", "system_in_body", "input_messages", "output_messages", "earlier_calls", "answered_calls", "input_media", "output_media", "tool_definitions",
    "tool_arguments", "tool_parameters", "tool_result", "usage_object", "response_body", "documents", "embeddings",
    "embedding_texts", "embedding_vectors", "rerank_input", "rerank_output", "annotations", "trace_annotations",
    "session_annotations",
}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("a.b", Source("a.b", name="b")),
        ("a.b -> $", Source("a.b", path=(), name="b")),
        ("a.b -> $.c.d", Source("a.b", path=("c", "d"), name="b")),
        ("a.b.*", Source("a.b.", form="prefix", name="")),
        ("a.b.* as c", Source("a.b.", form="prefix", name="c")),
        ("a.b.#", Source("a.b", form="list", name="b")),
        ("resource:a.b", Source("a.b", place="resource", name="b")),
        ("a.b * 1000", Source("a.b", scale=1000.0, name="b")),
        ("a.b as c", Source("a.b", name="c")),
        ("a.b ? root", Source("a.b", name="b", condition=Condition(root=True))),
        ("a.b ? kind=tool", Source("a.b", name="b", condition=Condition(kinds=("tool",)))),
        ("a.b ? c.d", Source("a.b", name="b", condition=Condition(attribute="c.d"))),
        ({"content": "a", "role": "b"}, Source("a", form="message", members={"a": "content", "b": "role"})),
    ],
)
def test_how_a_key_is_written(written: object, source: Source) -> None:
    assert parse_source(written) == source


@pytest.mark.parametrize("written", ["", 5, "a -> b"])
def test_a_key_that_cannot_be_read_is_refused(written: object) -> None:
    with pytest.raises(DialectError):
        parse_source(written)


def test_every_field_of_the_table_is_known() -> None:
    table = parse_dialects(_PACKAGED.read_text("utf-8"))
    assert set(table.fields) == set(CONVERT) | set(MAPS) | set(UNIONS) | OPEN


def test_keys_and_rules_of_a_users_file_come_first(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        """
        version = "mine"
        [[kinds]]
        key = "acme.kind"
        values = { model = "llm" }
        [fields]
        request_model = ["acme.model"]
        [providers]
        acme = ["acme-*"]
        """
    )
    reader = load_reader(own)
    reading = reader.read(
        span(
            {
                "acme.kind": "model",
                "acme.model": "a1",
                "gen_ai.request.model": "b",
                "gen_ai.system": "ACME-eu",
            }
        )
    )
    assert (reading.kind, reading.request_model, reading.provider) == ("llm", "a1", "acme")
    assert "+mine" in reader.version


def test_a_rule_may_have_several_keys(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        """
        version = "mine"
        [[kinds]]
        key = ["acme.kind", "acme.old_kind"]
        values = { fetch = "tool" }
        """
    )
    reader = load_reader(own)
    sent = [{"acme.kind": "fetch"}, {"acme.old_kind": "fetch"}, {"acme.other": "fetch"}]
    assert [reader.read(span(attributes)).kind for attributes in sent] == ["tool", "tool", "other"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[fields", "not TOML"),
        ("[fields]\nmade_up = ['a']", "unknown field 'made_up'"),
        ("[[kinds]]\nkey = 'a'\nvalues = { b = 'robot' }", "unknown kind 'robot'"),
    ],
)
def test_a_faulty_file_says_what_is_wrong(tmp_path: Path, text: str, fault: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(DialectError, match=fault):
        load_reader(own)
