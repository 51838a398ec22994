"""What LangSmith's SDKs send.

runs        runs that start, end and change, to spans and fragments
feedback    judgements, to scores
times       times, and the dotted order
errors      the one text of an error, to its parts
"""

from llm_tracer_service.receiving.peers.langsmith.feedback import decode_feedback
from llm_tracer_service.receiving.peers.langsmith.runs import decode_batch, decode_multipart, decode_run

__all__ = ["decode_batch", "decode_feedback", "decode_multipart", "decode_run"]
