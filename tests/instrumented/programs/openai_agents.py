"""OpenAI Agents: an agent with a tool, streamed, in asyncio; a span of ours around and one inside the tool."""

import asyncio

import llm_tracer
from agents import Agent, Runner, function_tool

llm_tracer.instrument()


@function_tool
def forecast(city: str) -> str:
    """The weather of a city."""
    with llm_tracer.span("station", input=city):
        return "11 mm of rain"


async def main():
    agent = Agent("weather", instructions="Answer in one sentence.", tools=[forecast], model="gpt-4o-mini")
    with llm_tracer.span("request"):
        result = Runner.run_streamed(agent, "Do I need an umbrella in Bergen?")
        async for _ in result.stream_events():
            pass
    print(result.final_output)


asyncio.run(main())
