"""What is new since the previous call of a conversation."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.reading import Message
from llm_tracer_service.conversation.delta import Said, delta_of
from llm_tracer_service.conversation.fingerprints import fingerprint

from .traces import Read, agent, answers, calls, chat, says, span_id


def test_a_fingerprint_is_of_what_is_said_and_not_of_ids() -> None:
    one = Message(
        "assistant", ({"type": "tool_call", "id": "a", "name": "f", "arguments": {"x": 1, "y": 2}},), id="1"
    )
    same = Message(
        "assistant",
        ({"type": "tool_call", "id": "b", "arguments": {"y": 2, "x": 1}, "name": "f", "server_side": None},),
        finish_reason="stop",
    )
    other = Message("assistant", ({"type": "tool_call", "id": "a", "name": "f", "arguments": {"x": 2}},))
    assert len(fingerprint(one)) == 16
    assert fingerprint(one) == fingerprint(same)
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(Message("user", ({"type": "text", "content": "\ud800"},)))


def test_a_hundred_turns_show_at_most_three_new_messages_each() -> None:
    history = [says("user", "Plan my trip")]
    spans = [agent(0, seconds=2000)]
    for turn in range(1, 101):
        asked = calls("look", {"page": turn}, f"call_{turn}")
        spans.append(chat(turn, history, [asked], parent=0, system="You plan trips."))
        history = [*history, asked, answers(f"page {turn}", f"call_{turn}"), says("user", f"go on {turn}")]
    begun = time.process_time()
    read = Read(*spans)
    assert read.delta(1) is None
    for turn in range(2, 101):
        delta = read.delta(turn)
        assert delta is not None
        assert delta.previous_span_id == span_id(turn - 1)
        messages = 1 + 3 * (turn - 1)
        assert messages - delta.first_new <= 3
        # The answer of the previous call is known from there.
        assert (delta.same, delta.changed, delta.removed) == (messages - 2, (), 0)
        assert not delta.system_changed
    assert time.process_time() - begun < 20


def said(name: str, given: str, answered: str = "", system: str | None = None) -> Said:
    return Said(name, system, tuple(given), tuple(answered))


def test_an_edited_message_is_marked() -> None:
    delta = delta_of(said("2", "abCdeX"), [said("1", "abcde", "f")])
    assert delta is not None
    assert (delta.same, delta.changed, delta.first_new, delta.removed) == (2, (2,), 5, 0)


def test_an_edited_last_message_is_marked_and_not_new() -> None:
    delta = delta_of(said("2", "abCX"), [said("1", "abc")])
    assert delta is not None
    assert (delta.changed, delta.first_new) == ((2,), 3)


def test_history_that_was_summed_up() -> None:
    delta = delta_of(said("2", "aSeX"), [said("1", "abcde")])
    assert delta is not None
    assert (delta.same, delta.changed, delta.first_new, delta.removed) == (1, (1,), 3, 2)


def test_history_that_was_cut_at_its_beginning() -> None:
    delta = delta_of(said("2", "cdeX"), [said("1", "abcd", "e")])
    assert delta is not None
    assert (delta.same, delta.changed, delta.first_new, delta.removed) == (0, (), 3, 2)


def test_nothing_new_and_other_instructions() -> None:
    delta = delta_of(said("2", "abc", system="new"), [said("1", "abc", system="old")])
    assert delta is not None
    assert (delta.first_new, delta.system_changed) == (3, True)


def test_a_repeated_word_is_new_when_it_is_said_again() -> None:
    delta = delta_of(said("2", "aybyz"), [said("1", "ayb")])
    assert delta is not None
    assert (delta.same, delta.first_new) == (3, 3)


def test_a_word_that_was_taken_out_and_said_again_is_new() -> None:
    delta = delta_of(said("2", "abcSefry"), [said("1", "abcyef", "r")])
    assert delta is not None
    assert (delta.same, delta.changed, delta.first_new, delta.removed) == (3, (3,), 7, 0)


def test_two_messages_edited_side_by_side() -> None:
    delta = delta_of(said("2", "aBCdX"), [said("1", "abcd")])
    assert delta is not None
    assert (delta.changed, delta.first_new, delta.removed) == ((1, 2), 4, 0)


@given(st.text("abcde", max_size=30), st.text("abcde", max_size=30), st.text("abcde", max_size=3))
def test_the_numbers_fit_together(mine: str, theirs: str, answer: str) -> None:
    delta = delta_of(said("2", mine), [said("1", theirs, answer)])
    if delta is None:
        assert not set(mine) & set(theirs + answer)
        return
    assert 0 <= delta.same <= delta.first_new <= len(mine)
    assert all(delta.same <= index < delta.first_new for index in delta.changed)
    assert 0 <= delta.removed <= len(theirs)
    assert mine[: delta.same] == (theirs + answer)[: delta.same]


def test_of_calls_that_share_as_much_the_latest_is_the_previous_one() -> None:
    delta = delta_of(said("3", "abX"), [said("2", "abcd"), said("1", "abce")])
    assert delta is not None
    assert delta.previous_span_id == "2"


def test_what_shares_nothing_begins_a_thread() -> None:
    assert delta_of(said("2", "xyz"), [said("1", "abc")]) is None


def test_parallel_threads_follow_their_own() -> None:
    start = [says("user", "Compare both")]
    left = [*start, calls("ask", {"of": "left"}, "l"), answers("42", "l")]
    right = [*start, calls("ask", {"of": "right"}, "r"), answers("43", "r")]
    read = Read(
        agent(0),
        chat(1, start, left[1:2], parent=0),
        chat(2, start, right[1:2], parent=0, at=1.1),
        chat(3, left, [says("assistant", "left is 42")], parent=0),
        chat(4, right, [says("assistant", "right is 43")], parent=0, at=3.1),
        chat(5, [*left, says("assistant", "left is 42"), says("user", "and?")], parent=0),
    )
    previous = {number: read.delta(number) for number in range(1, 6)}
    assert previous[1] is None
    assert previous[2] is None, "the first call had not ended"
    assert [previous[n].previous_span_id for n in (3, 4, 5)] == [span_id(1), span_id(2), span_id(3)]  # type: ignore[union-attr]
    assert previous[5].first_new == 4  # type: ignore[union-attr]


def test_calls_of_another_agent_are_another_thread() -> None:
    question = [says("user", "Why?")]
    read = Read(
        agent(0),
        agent(1, parent=0, seconds=5),
        chat(2, question, [says("assistant", "a")], parent=1),
        agent(10, parent=0, seconds=10),
        chat(11, question, [says("assistant", "b")], parent=10),
        chat(12, [*question, says("assistant", "b"), says("user", "go")], parent=10),
    )
    delta = read.delta(12)
    assert delta is not None
    assert delta.previous_span_id == span_id(11)
