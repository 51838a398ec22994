"""LangGraph: an agent with a tool, whose function has a span of ours inside; no other line of tracing."""

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
graph = StateGraph(MessagesState)
graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
graph.add_node("tools", ToolNode([forecast]))
graph.add_edge(START, "model")
graph.add_conditional_edges("model", tools_condition, {"tools": "tools", END: END})
graph.add_edge("tools", "model")

with llm_tracer.session("chat-7", user="alice"):
    state = graph.compile().invoke({"messages": [("user", "Do I need an umbrella in Bergen?")]})
print(state["messages"][-1].content)
