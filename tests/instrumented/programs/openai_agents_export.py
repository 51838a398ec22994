"""OpenAI Agents with nothing of ours: its own exporter sends to the Tracer API, as docs/other-sdks.md says."""

import asyncio
import os

from agents import Agent, Runner, function_tool, set_default_openai_api, set_trace_processors, trace
from agents.tracing.processors import BackendSpanExporter, BatchTraceProcessor

endpoint = os.environ["TRACER_API_URL"] + "/v1/traces/ingest"
set_trace_processors([BatchTraceProcessor(BackendSpanExporter(api_key="project-dev", endpoint=endpoint))])
set_default_openai_api("chat_completions")


@function_tool
def forecast(city: str) -> str:
    """The weather of a city."""
    return "11 mm of rain"


async def main():
    agent = Agent("weather", instructions="Answer in one sentence.", tools=[forecast], model="gpt-4o-mini")
    with trace("Umbrella", group_id="chat-7", metadata={"user_id": "ada"}):
        result = await Runner.run(agent, "Do I need an umbrella in Bergen?")
    print(result.final_output)


asyncio.run(main())
