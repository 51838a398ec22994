"""`llm-tracer demo`: realistic traces of several conventions, made by us, sent without a network beyond this machine."""

from llm_tracer_service.demo.send import DemoRequest, requests

__all__ = ["DemoRequest", "requests"]
