"""Payloads and long texts leave a value and come back: nothing changes, whatever was sent."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData, SpanEvent, SpanLink
from llm_tracer_service.blobs import Blob, as_media_ref, in_form, set_aside
from llm_tracer_service.blobs.payloads import may_hold_payloads, payloads_in

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
PNG_BASE64 = base64.b64encode(PNG).decode()
PNG_SHA256 = hashlib.sha256(PNG).hexdigest()
PNG_MARKER = f"$blob{{{PNG_SHA256};{len(PNG)};b;image/png}}"


def extracted(value: Any) -> tuple[Any, dict[str, Blob]]:
    blobs: dict[str, Blob] = {}
    return set_aside(holding(value), blobs).attributes["of"], blobs


def restored(kept: Any, blobs: dict[str, Blob]) -> Any:
    return in_form(holding(kept), "sent", blobs.__getitem__).attributes["of"]


def holding(value: Any) -> SpanData:
    return SpanData("1" * 32, "2" * 16, "holds a value", 1, attributes={"of": value})


def round_trip(value: Any) -> Any:
    return restored(*extracted(value))


# --- what leaves -----------------------------------------------------------------------------------------------------


def test_a_data_url_keeps_its_head() -> None:
    kept, blobs = extracted(f"data:image/png;base64,{PNG_BASE64}")
    assert kept == f"data:image/png;base64,{PNG_MARKER}"
    assert blobs == {PNG_SHA256: Blob(PNG, "image/png")}


def test_the_type_is_the_named_one_else_what_the_bytes_say() -> None:
    named, _ = extracted(f"data:image/x-odd;charset=utf-8;base64,{PNG_BASE64}")
    assert ";image/x-odd}" in named
    bare, _ = extracted(PNG_BASE64)
    assert bare == PNG_MARKER
    hostile, _ = extracted(f"data:a}}b/c;base64,{PNG_BASE64}")
    assert ";image/png}" in hostile


@pytest.mark.parametrize(
    ("start", "mime_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"GIF89a", "image/gif"), (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"), (b"%PDF-1.7", "application/pdf"), (b"ID3\x04", "audio/mpeg"),
        (b"OggS", "audio/ogg"), (b"\0\0\0\x18ftypmp42", "video/mp4"), (b"\0\0\0\x18ftypavif", "image/avif"),
    ],
)  # fmt: skip
def test_monotonous_media_are_known_by_their_beginning(start: bytes, mime_type: str) -> None:
    _, blobs = extracted(base64.b64encode(start + bytes(3_000)).decode())
    assert [blob.mime_type for blob in blobs.values()] == [mime_type]


@pytest.mark.parametrize("size", [1025, 1026, 1027, 4_000])
@pytest.mark.parametrize("unpadded", [False, True])
@pytest.mark.parametrize("url_safe", [False, True])
@pytest.mark.parametrize("around", ["{}", '[{{"data": "{}"}}]', "see {} here", '"{{\\"data\\": \\"{}\\"}}"'])
def test_every_spelling_of_base64_leaves_and_comes_back(
    size: int, unpadded: bool, url_safe: bool, around: str
) -> None:
    data = (b"\xfb\xef\xbe\xff" + bytes(range(256)) * 20)[:size]
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()
    value = around.format(text.rstrip("=") if unpadded else text)
    kept, blobs = extracted(value)
    assert [blob.data for blob in blobs.values()] == [data]
    assert len(kept) < 400
    assert round_trip(value) == value


def test_php_escapes_slashes() -> None:
    value = json.dumps({"url": f"data:image/png;base64,{PNG_BASE64}"}).replace("/", "\\/")
    kept, blobs = extracted(value)
    assert blobs.keys() == {PNG_SHA256}
    assert json.loads(kept)["url"].startswith("data:image/png;base64,$blob{")
    assert round_trip(value) == value


def test_one_payload_in_many_places_is_one_blob() -> None:
    message = {
        "image": PNG_BASE64,
        "again": [f"data:image/png;base64,{PNG_BASE64}", json.dumps([PNG_BASE64])],
    }
    kept, blobs = extracted({"messages": [message] * 3, "text": json.dumps(message)})
    assert blobs.keys() == {PNG_SHA256}
    assert len(json.dumps(kept)) < 3_000


def test_bytes_and_long_texts_leave_too() -> None:
    kept, blobs = extracted([PNG, b"short", "é" * 200_000, "x" * 100_000])
    assert kept[0] == PNG_MARKER.replace(";b;", ";r;")
    assert kept[1] == b"short"
    text = "é" * 200_000
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert kept[2] == f"$blob{{{digest};400000;t;text/plain}}" + "é" * 1_000
    assert kept[3] == "x" * 100_000
    assert blobs[digest] == Blob(text.encode(), "text/plain")
    assert restored(kept, blobs) == [PNG, b"short", text, "x" * 100_000]


def test_a_payload_in_a_long_text_is_a_blob_of_its_own() -> None:
    value = "word " * 100_000 + PNG_BASE64
    kept, blobs = extracted(value)
    assert blobs.keys() > {PNG_SHA256}
    assert max(len(blob.data) for blob in blobs.values()) < 501_000
    assert round_trip(value) == value
    assert len(kept) < 1_200


# --- what stays ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        base64.b64encode(PNG[:1024]).decode(), "a" * 5_000, "0123456789abcdef" * 500, "word " * 2_000,
        "/".join(["usr", "lib"] * 500), "-" * 5_000, "=" * 5_000, None, 1, 1.5, True, [], {}, "",
        "\n".join([PNG_BASE64[at : at + 76] for at in range(0, 3_000, 76)]),
    ],
)  # fmt: skip
def test_what_is_short_or_no_base64_stays(value: Any) -> None:
    kept, blobs = extracted(value)
    assert kept is value
    assert blobs == {}


def test_what_cannot_be_written_again_stays() -> None:
    torn = PNG_BASE64.rstrip("=")[:-1] + "B"  # its last bits are not zero
    assert extracted(torn) == (torn, {})
    mixed = PNG_BASE64[:2_000] + "-" + PNG_BASE64[2_000:-1]
    assert round_trip(mixed) == mixed


@pytest.mark.parametrize(
    "value", ["$blob{", "$blob{$}", PNG_MARKER, f"a {PNG_MARKER} b", "$$blob{$}$blob{", "$blob{$blob{$}"]
)
def test_what_looks_like_a_marker_comes_back(value: str) -> None:
    kept, blobs = extracted([value, value + PNG_BASE64, value + "." + PNG_BASE64])
    assert all(as_media_ref(part) is None for part in kept)
    assert restored(kept, blobs) == [value, value + PNG_BASE64, value + "." + PNG_BASE64]


# --- any value -------------------------------------------------------------------------------------------------------

pieces = st.one_of(
    st.text(max_size=20),
    st.sampled_from([
        "$blob{", "$}", "$", "{", "}", PNG_MARKER, "\\/", "\\", '"', "data:image/png;base64,", ";base64,", "=", "==",
        PNG_BASE64, PNG_BASE64.replace("/", "\\/"), PNG_BASE64.rstrip("="), "blob",
        base64.urlsafe_b64encode(PNG).decode(), "\ud800", "A" * 2_000,
    ]),
    st.sampled_from(["é", "x"]).map(lambda letter: letter * 270_000),
    st.binary(min_size=1_000, max_size=1_100).map(lambda data: base64.b64encode(data).decode()),
)  # fmt: skip
strings = st.lists(pieces, max_size=5).map("".join)
leaves = st.one_of(
    strings, strings, st.binary(max_size=4), st.just(PNG), st.none(), st.integers(), st.floats()
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=4), inner, max_size=3),
        st.dictionaries(st.text(max_size=4), strings, max_size=2).map(json.dumps),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(values)
def test_any_value_comes_back(value: Any) -> None:
    kept, blobs = extracted(value)
    assert repr(restored(kept, blobs)) == repr(value)
    assert extracted(value) == (kept, blobs) or repr(extracted(value)) == repr((kept, blobs))
    for digest, blob in blobs.items():
        assert hashlib.sha256(blob.data).hexdigest() == digest


@pytest.mark.parametrize("before", ["\n", "\t", "\u001f", "é", '"'])
def test_an_escape_before_a_payload_is_no_part_of_it(before: str) -> None:
    for text in (
        json.dumps({"a": before + PNG_BASE64}),
        json.dumps({"a": before + PNG_BASE64}).replace("/", "\\/"),
    ):
        kept, blobs = extracted(text)
        assert json.loads(kept) == {
            "a": before + PNG_MARKER.replace(";b;", ";be;" if "\\/" in text else ";b;")
        }
        assert blobs.keys() == {PNG_SHA256}
        assert round_trip(text) == text


@settings(deadline=None)
@given(strings)
def test_json_stays_json(text: str) -> None:
    kept, _ = extracted(json.dumps({"a": text}))
    if not kept.startswith("$blob{"):
        assert json.loads(kept).keys() == {"a"}


def test_what_is_nested_beyond_reason_is_left_alone() -> None:
    deep: Any = PNG_BASE64
    for _ in range(100_000):
        deep = [deep]
    kept, blobs = extracted(deep)
    assert kept is deep
    assert blobs == {}


# --- spans -----------------------------------------------------------------------------------------------------------


def test_a_span_in_its_three_forms() -> None:
    long = "word " * 100_000
    span = SpanData(
        "0" * 32, "0" * 16, "work", 1,
        attributes={"image": PNG_BASE64, "text": long, "n": 1, "fake": "$blob{"},
        events=(SpanEvent("log", 1, {"image": PNG_BASE64}, body={"content": [PNG]}),),
        links=(SpanLink("1" * 32, "1" * 16, {"text": long}),),
    )  # fmt: skip
    blobs: dict[str, Blob] = {}
    kept = set_aside(span, blobs)
    assert len(repr(kept)) < 5_000
    assert len(blobs) == 2
    assert in_form(kept, "kept", blobs.__getitem__) is kept
    read = in_form(kept, "read", blobs.__getitem__)
    assert read.attributes["text"] == long
    assert read.attributes["image"] == PNG_MARKER
    assert in_form(kept, "sent", blobs.__getitem__) == span
    plain = SpanData("0" * 32, "0" * 16, "work", 1, attributes={"n": 1, "text": "short"})
    assert set_aside(plain, blobs) is plain
    assert in_form(plain, "sent", blobs.__getitem__) is plain


def test_a_reference_is_recognised_by_who_reads() -> None:
    found = {"blob_id": PNG_SHA256, "mime_type": "image/png", "bytes": len(PNG)}
    for value in (PNG_BASE64, f"data:image/png;base64,{PNG_BASE64}", PNG):
        assert as_media_ref(extracted(value)[0]) == found
    for other in ("", "text", None, 1, "see " + PNG_MARKER, PNG_MARKER + "x", extracted("y" * 300_000)[0]):
        assert as_media_ref(other) is None


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        os.urandom(2_500_000).hex(), "word " * 1_000_000, ("A" * 1_367 + " ") * 3_500, ("A" * 1_368 + " ") * 3_500,
        "\\/" * 2_500_000, "$blob{" * 800_000, base64.b64encode(os.urandom(3_700_000)).decode(), "\\" * 5_000_000,
        ("aB3/" * 300 + "\\/ ") * 3_500,
    ],
    ids=["hex", "words", "short runs", "runs", "slashes", "markers", "base64", "backslashes", "mixed"],
)  # fmt: skip
def test_five_megabytes_of_anything_take_a_moment(text: str) -> None:
    began = time.process_time()
    kept, blobs = extracted(text)
    assert time.process_time() - began < 2
    assert len(kept) < 300_000
    assert restored(kept, blobs) == text


def test_ordinary_text_has_no_payloads() -> None:
    text = "The quick brown fox jumps over the lazy dog; it was fun. " * 50
    assert not may_hold_payloads(text)
    assert list(payloads_in(text)) == []


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(1, 3_000), st.booleans())
def test_no_payload_is_overlooked_wherever_it_stands(
    before: int, after: int, word_chars: int, escaped: bool
) -> None:
    words = "".join(" " if at % word_chars == 0 else "." for at in range(5_000))
    payload = base64.b64encode(PNG[:1_100]).decode()
    if escaped:
        payload = payload.replace("/", "\\/")
    text = f"{words[:before]} {payload} {words[:after]}"
    assert may_hold_payloads(text)
    assert len(list(payloads_in(text))) == 1
