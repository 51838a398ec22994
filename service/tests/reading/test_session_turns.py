"""The sessions of the captured programs, as conversations."""

from __future__ import annotations

import json

import pytest
from app_helpers import one_store
from starlette.testclient import TestClient

from .test_sources import body_of, found, sources


@one_store
@pytest.mark.parametrize(
    "name", sorted(name for name, each in sources().items() if each["truth"]["session_ids"])
)
def test_sessions_of_real_programs(client: TestClient, name: str) -> None:
    """Each session that the sender put on the wire has a turn with what the person of it asked last."""
    source = sources()[name]
    for file in source["files"]:
        body, content_type = body_of(source, file)
        if file["signal"] in ("traces", "logs"):
            answer = client.post(
                f"/v1/{file['signal']}", content=body, headers={"Content-Type": content_type}
            )
            assert answer.status_code == 200
    sessions = {each["session_id"] for each in client.get("/api/sessions").json()["sessions"]}
    read = {each.reading.session_id for each in found(name)} & set(source["truth"]["session_ids"])
    assert read <= sessions
    if source["observed"]["on_wire"]["user_messages"].startswith("0/"):
        return
    asked = [
        call["last_user_message"].rstrip("…")[:200]
        for call in source["truth"]["calls"]
        if call.get("last_user_message")
    ]
    for session_id in read:
        turns = client.get(f"/api/sessions/{session_id}").json()["turns"]
        assert turns
        assert [each["start_time"] for each in turns] == sorted(each["start_time"] for each in turns)
        for each in turns:
            assert each["asked"] is not None, each["name"]
            assert each["error"] or each["answered"] is not None, each["name"]
            said = json.dumps(each["asked"]["message"]["parts"], ensure_ascii=False)
            assert any(json.dumps(text, ensure_ascii=False)[1:-1] in said for text in asked), said[:300]
