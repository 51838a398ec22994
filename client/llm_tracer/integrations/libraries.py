"""Which instrumentation is used for which library: data, in the order of preference.

The order is the same everywhere: OpenInference first, since it records messages, documents and tool calls by default,
covers the most frameworks and nests them; then OpenTelemetry's own GenAI instrumentations, which leave content out
unless a variable asks for it; then OpenLLMetry's. Each library is instrumented by one of them.
"""

from __future__ import annotations

from typing import NamedTuple


class Library(NamedTuple):
    """`packages` are the library's distributions on PyPI; any of them means that it is installed.

    `instrumentations` are distributions, the preferred one first. A library that `is_built_in` produces OpenTelemetry
    spans by itself and needs none (built_in.py).
    """

    name: str
    packages: tuple[str, ...]
    instrumentations: tuple[str, ...]
    is_built_in: bool = False


def _library(name: str, *packages: str, oi: str = "", genai: str = "", llmetry: str = "") -> Library:
    """A row of the table, from the endings of its instrumentations' names in the three families."""
    instrumentations = [f"openinference-instrumentation-{oi}"] if oi else []
    instrumentations += [f"opentelemetry-instrumentation-{end}" for end in (*genai.split(), *llmetry.split())]
    return Library(name, packages or (name,), tuple(instrumentations))


LIBRARIES = (
    _library("agno", oi="agno", genai="genai-agno", llmetry="agno"),
    _library("anthropic", oi="anthropic", genai="genai-anthropic", llmetry="anthropic"),
    _library("autogen", "autogen-agentchat", oi="autogen-agentchat"),
    _library("bedrock", "boto3", oi="bedrock", genai="genai-bedrock", llmetry="bedrock"),
    _library("beeai", "beeai-framework", oi="beeai"),
    _library("claude-agent-sdk", oi="claude-agent-sdk"),
    _library("cohere", oi="cohere", llmetry="cohere"),
    _library("crewai", oi="crewai", llmetry="crewai"),
    _library("dspy", oi="dspy", genai="genai-dspy"),
    _library("google-adk", oi="google-adk"),
    _library("google-genai", oi="google-genai", genai="google-genai", llmetry="google-generativeai"),
    _library("groq", oi="groq", llmetry="groq"),
    _library("guardrails", "guardrails-ai", oi="guardrails"),
    _library("haystack", "haystack-ai", oi="haystack", llmetry="haystack"),
    _library("instructor", oi="instructor"),
    _library("langchain", "langchain-core", oi="langchain", genai="genai-langchain", llmetry="langchain"),
    _library("litellm", oi="litellm", llmetry="litellm"),
    _library("llama-index", "llama-index-core", oi="llama-index", genai="genai-llama-index", llmetry="llamaindex"),
    _library("mcp", oi="mcp", llmetry="mcp"),
    _library("mistral", "mistralai", oi="mistralai", llmetry="mistralai"),
    _library("ollama", oi="ollama", llmetry="ollama"),
    _library("openai", oi="openai", genai="genai-openai openai-v2", llmetry="openai"),
    _library("openai-agents", oi="openai-agents", genai="genai-openai-agents openai-agents-v2", llmetry="openai-agents"),
    _library("pipecat", "pipecat-ai", oi="pipecat"),
    _library("portkey", "portkey-ai", oi="portkey", genai="genai-portkey"),
    Library("pydantic-ai", ("pydantic-ai", "pydantic-ai-slim"), (), is_built_in=True),
    _library("replicate", llmetry="replicate"),
    _library("smolagents", oi="smolagents", genai="genai-smolagents"),
    Library("strands-agents", ("strands-agents",), (), is_built_in=True),
    _library("together", oi="together", llmetry="together"),
    _library("vertexai", "google-cloud-aiplatform", oi="vertexai", llmetry="vertexai"),
    _library("watsonx", "ibm-watsonx-ai", llmetry="watsonx"),
)  # fmt: skip

FAMILIES = ("openinference-instrumentation-", "opentelemetry-instrumentation-genai-")
"""Instrumentations with these prefixes are also switched on for libraries that are not in the table."""

CONTENT_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""OpenTelemetry's own GenAI instrumentations leave messages out unless this is `span_only` or the like."""

CURRENT_RUN = {
    "openinference-instrumentation-langchain": "openinference.instrumentation.langchain:get_current_span"
}
"""Instrumentations that never make their spans current, and the function that finds the current one
(otel/runs.py)."""
