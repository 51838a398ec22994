"""LangGraph: an agent with a tool, whose function has a span of ours inside; called, awaited and streamed."""

import asyncio

import llm_tracer
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

llm_tracer.instrument()


@tool
def forecast(city: str) -> str:
    """The weather of a city."""
    with llm_tracer.span("station", input=city) as station:
        station.set_output("11 mm")
    return "11 mm of rain"


model = ChatOpenAI(model="gpt-4o-mini").bind_tools([forecast])


def ask(state: MessagesState):
    with llm_tracer.span("ask"):
        return {"messages": [model.invoke(state["messages"])]}


graph = StateGraph(MessagesState)
graph.add_node("model", ask)
graph.add_node("tools", ToolNode([forecast]))
graph.add_edge(START, "model")
graph.add_conditional_edges("model", tools_condition, {"tools": "tools", END: END})
graph.add_edge("tools", "model")

agent = graph.compile()
question = {"messages": [("user", "Do I need an umbrella in Bergen?")]}


async def in_asyncio():
    return await agent.ainvoke(question, {"run_name": "async"})


def streamed():
    for state in agent.stream(question, {"run_name": "stream"}, stream_mode="values"):
        last = state
    return last


with llm_tracer.session("chat-7", user="alice"):
    for state in (agent.invoke(question, {"run_name": "sync"}), asyncio.run(in_asyncio()), streamed()):
        print(state["messages"][-1].content)
