"""Our SDK, with no model provider needed: `ask_model` stands for the call of yours.

    pip install ./client          # from a checkout of LLM Tracer
    python examples/quickstart.py

It sends to http://127.0.0.1:8001; TRACER_API_URL and TRACER_API_KEY say otherwise.
"""

from llm_tracer import span, trace


def ask_model(messages: list[dict[str, str]]) -> tuple[str, int, int]:
    """A model that always knows: the text, the tokens it read, the tokens it wrote."""
    return f"It is Paris. (You asked: {messages[-1]['content']})", 31, 12


@trace
def answer(question: str) -> str:
    with span("search", kind="retriever", input=question) as search:
        search.set_output(["Paris is the capital of France.", "Lyon is the capital of the Rhône department."])
    messages = [
        {"role": "system", "content": "Answer in one sentence."},
        {"role": "user", "content": question},
    ]
    with span("chat", kind="llm", model="gpt-4o-mini", provider="openai", input=messages) as chat:
        text, input_tokens, output_tokens = ask_model(messages)
        chat.set_output(text, input_tokens=input_tokens, output_tokens=output_tokens)
    return text


if __name__ == "__main__":
    print(answer("What is the capital of France?"))
