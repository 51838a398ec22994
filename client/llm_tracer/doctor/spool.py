"""The check for spans that wait on disk."""

from __future__ import annotations

from ..config import Settings
from ..model.text import counted
from ..sending.spool import Spool, default_folders, destination_of, public_url, usable_folder
from .check import Check


def check_spool(settings: Settings) -> Check:
    """Spans that could not be delivered: here, and for other addresses or keys."""
    if settings.spool is None:
        return Check("spool", "note", "is off (TRACER_SPOOL): what a server does not take is lost at the end")
    folder = usable_folder([settings.spool] if settings.spool else default_folders())
    if folder is None:
        hint = "set TRACER_SPOOL to a folder that only this user can enter"
        return Check("spool", "warning", "has no place: no folder is private and can be written", hint)
    ours = Spool(folder, destination_of(settings.api_url, settings.api_key))
    everybody = Spool(folder, None)
    waiting = [request.label for name in ours.files() for request in ours.read(name)]
    if waiting:
        text = f"{counted(sum(label.span_count for label in waiting), 'span')} waiting in {folder}"
        return Check(
            "spool", "note", text, "they are sent by the next program, or when `llm-tracer up` starts"
        )
    elsewhere = {label.api_url for name in everybody.files() for label, _ in everybody.read(name)}
    if elsewhere:
        places = ", ".join(sorted(map(public_url, elsewhere)))
        text = f"nothing waits for this address and key; in {folder} spans wait for {places}"
        return Check(
            "spool",
            "note",
            text,
            "a program with that TRACER_API_URL and key sends them; or delete them there",
        )
    return Check("spool", "ok", f"nothing waits in {folder}")
