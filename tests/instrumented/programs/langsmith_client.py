"""LangGraph as its authors trace it: LangSmith's client, with nothing of ours; an agent, a failing tool, feedback, a run that
goes on."""

from contextlib import suppress
from uuid import UUID

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langsmith import Client, RunTree, traceable


@tool
def forecast(city: str) -> str:
    """The weather of a city."""
    return "11 mm of rain"


model = ChatOpenAI(model="gpt-4o-mini", temperature=0.3).bind_tools([forecast])


def ask(state: MessagesState):
    return {"messages": [model.invoke(state["messages"])]}


graph = StateGraph(MessagesState)
graph.add_node("model", ask)
graph.add_node("tools", ToolNode([forecast]))
graph.add_edge(START, "model")
graph.add_conditional_edges("model", tools_condition, {"tools": "tools", END: END})
graph.add_edge("tools", "model")
agent = graph.compile()

client = Client()
RUN_ID = UUID(int=7)


@traceable(run_type="tool", client=client)
def broken(city: str) -> str:
    raise ValueError(f"no such city: {city}")


@traceable(client=client, name="request", tags=["prod"], metadata={"thread_id": "chat-9", "user_id": "bob"})
def request(question: str) -> str:
    with suppress(ValueError):
        broken("Atlantis")
    return agent.invoke({"messages": [("user", question)]}, {"run_name": "agent"})["messages"][-1].content


RunTree(name="goes on", run_type="chain", inputs={"day": 1}, client=client).post()
print(request("Do I need an umbrella in Bergen?", langsmith_extra={"run_id": RUN_ID}))
client.flush()
client.create_feedback(run_id=RUN_ID, trace_id=RUN_ID, key="helpful", score=0.5)
