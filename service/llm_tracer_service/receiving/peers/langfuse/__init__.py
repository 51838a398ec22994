"""Langfuse's own protocol: batches of events, which its SDKs before OpenTelemetry send, and their scores to this day.

batch.py         a body: its events one by one, and which of them had to be refused
event.py         one event, and what all of them have in common: ids and times
observations.py  spans, generations and events
traces.py        what is told of a trace as a whole: its record (model/place.py)
scores.py        judgements of an observation, a trace or a session
media.py         pictures and sounds, which come apart from their spans
members.py       the members of a record as the attributes that Langfuse's OpenTelemetry exporter would have sent
"""

from llm_tracer_service.receiving.peers.langfuse.batch import Batch, decode_batch, decode_scores
from llm_tracer_service.receiving.peers.langfuse.scores import RootOf

__all__ = ["Batch", "RootOf", "decode_batch", "decode_scores"]
