from __future__ import annotations

from llm_tracer_service.steering import STEERING, spelled_out


def test_what_steers_is_spelled_out_and_lines_stay() -> None:
    assert spelled_out("a\x1b[2J\r\nb\rc\t\u202ed\u2028é\x85") == "a\\x1b[2J\nb\\x0dc\t\\u202ed\\u2028é\\x85"


def test_a_line_has_no_end_in_it() -> None:
    for code in range(0x3000):
        character = chr(code)
        if not character.isprintable() and len(f"a{character}b".splitlines()) > 1:
            assert STEERING.fullmatch(character), hex(code)
