"""What the service works with, and who may use it: for people who wonder why something is the way it is."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from llm_tracer_service import __version__
from llm_tracer_service.access.keys import SETTING_ID
from llm_tracer_service.api import answers
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.reading.redacted import MARKS
from llm_tracer_service.settings import SETTINGS, Setting

_NOT_SHOWN = {"api_keys", "store", "spool"}
"""Keys are secret, and people who may only read traces need not know paths on the disk."""


def _configuration(call: Call) -> Response:
    settings = call.service.settings
    answer = answers.Configuration(
        version=__version__,
        mapping=answers.Mapping(
            call.service.reader.version, None if settings.dialects is None else settings.dialects.name
        ),
        settings=[
            _in_force(setting, getattr(settings, setting.field))
            for setting in SETTINGS
            if setting.field not in _NOT_SHOWN
        ],
        redaction_marks=list(MARKS),
    )
    return json_response(answer, call.headers)


def _in_force(setting: Setting, value: object) -> answers.SettingInForce:
    is_default = value == setting.default
    if isinstance(value, Path):
        value = value.name
    shown = ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
    return answers.SettingInForce(
        setting.variable, setting.default_shown if is_default else shown, is_default, setting.description
    )


def _keys(call: Call) -> Response:
    gate = call.service.gate
    answer = answers.Keys(
        [
            answers.KeyInfo(
                record.id,
                record.access,
                "setting" if record.id == SETTING_ID else "command",
                record.created_at,
                record.note,
            )
            for record in gate.keys_of(call.project)
        ],
        gate.is_keyless,
    )
    return json_response(answer, call.headers)


OPERATIONS = [
    Operation(
        "GET",
        "/api/configuration",
        _configuration,
        "Read what the service works with",
        "Its version, the version of the table of conventions, the settings in force, and the marks by which it knows that "
        "a sender kept content to itself. Keys and paths on its disk are not shown.",
        tag="Operating",
        answer=answers.Configuration,
    ),
    Operation(
        "GET",
        "/api/keys",
        _keys,
        "List the keys of the project",
        "Their names and rights, never the keys. Only the command `llm-tracer keys` creates and revokes them.",
        tag="Operating",
        answer=answers.Keys,
        refusals=(503,),
    ),
]
