"""The OpenAI SDK: a call with a tool, a streamed call, a response, an embedding, in a function of ours."""

import json

import llm_tracer
from openai import OpenAI

llm_tracer.instrument()
client = OpenAI()
TOOLS = [{"type": "function", "function": {"name": "forecast", "parameters": {"type": "object"}}}]


@llm_tracer.trace(kind="tool")
def forecast(city):
    return {"city": city, "rain_mm": 11}


@llm_tracer.trace
def answer(question):
    messages = [{"role": "user", "content": question}]
    asked = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=TOOLS)
    call = asked.choices[0].message.tool_calls[0]
    result = forecast(**json.loads(call.function.arguments))
    messages += [
        {"role": "assistant", "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)},
    ]
    stream = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=messages,
        tools=TOOLS,
        stream=True,
        stream_options={"include_usage": True},
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    client.responses.create(model="gpt-4o-mini", input=f"Shorter: {text}")
    client.embeddings.create(model="text-embedding-3-small", input=[text])
    return text


print(answer("Do I need an umbrella in Bergen?"))
