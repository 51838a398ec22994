"""The parts of a form: as they came, and no body that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.peers.form import Part, parts_of

TYPE = "multipart/form-data; boundary=b0"


def form(*parts: tuple[str, str, bytes]) -> bytes:
    body = b""
    for name, media_type, content in parts:
        head = f'--b0\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {media_type}\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + b"--b0--\r\n"


@given(st.lists(st.binary().filter(lambda content: b"\r\n--b0" not in content), max_size=4))
def test_parts_keep_their_bytes(contents: list[bytes]) -> None:
    sent = [(f"part.{index}", "image/png", content) for index, content in enumerate(contents)]
    assert list(parts_of(form(*sent), TYPE)) == [Part(*part) for part in sent]


def test_parameters_of_a_media_type_are_left_out_and_the_boundary_may_be_quoted() -> None:
    body = form(("a", "Application/JSON; length=2", b"{}"))
    assert list(parts_of(body, 'multipart/form-data; charset=x; boundary="b0"')) == [
        Part("a", "application/json", b"{}")
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (form(("a", "x", b"")), "multipart/form-data", "names no boundary"),
        (form(("a", "x", b"")), "multipart/form-data; boundary=other", "does not end with the boundary"),
        (form(("a", "x", b""))[:-6], TYPE, "does not end with the boundary"),
        (b"", TYPE, "does not end with the boundary"),
        (b"--b0\r\nContent-Type: x\r\n\r\n{}\r\n--b0--", TYPE, "no name"),
        (b'--b0\r\nContent-Disposition: form-data; name="a"\r\n--b0--', TYPE, "no name"),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, content_type: str, said: str) -> None:
    with pytest.raises(MalformedBody, match=said):
        list(parts_of(body, content_type))
