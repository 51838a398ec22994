"""OpenInference: retrieval-augmented answering in Japanese. Chain → retriever (embedding, search) → reranker → llm."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.demo.authoring.models import SONNET, count_tokens, think, usage_of
from llm_tracer_service.demo.authoring.recorder import (
    Recording,
    Scope,
    document,
    json_text,
    python_resource,
)

QUESTION = "有給休暇が5日残っています。来年度に繰り越せますか?申請は必要ですか?"

SYSTEM = (
    "あなたは株式会社みなと精機の人事アシスタントです。必ず与えられた規程だけを根拠に答え、"
    "文末に出典を [番号] で示してください。規程にないことは「規程に記載がありません」と答えてください。"
)

# (id, title, text, score of the search, score of the reranker or None)
PASSAGES: list[tuple[str, str, str, float, float | None]] = [
    (
        "kitei-12-3",
        "就業規則 第12条 第3項",
        "年次有給休暇の未取得分は、付与日から2年間に限り翌年度に繰り越すことができる。繰越日数の上限は20日とする。",
        0.8127,
        0.9931,
    ),
    (
        "kitei-12-4",
        "就業規則 第12条 第4項",
        "繰越は人事システムにより自動で行い、本人の申請を要しない。繰越の結果は4月10日までに給与明細に記載する。",
        0.7904,
        0.9768,
    ),
    (
        "kitei-12-1",
        "就業規則 第12条 第1項",
        "会社は、6か月継続して勤務し所定労働日の8割以上出勤した社員に10日の年次有給休暇を付与する。",
        0.8035,
        0.4410,
    ),
    (
        "kitei-14-2",
        "就業規則 第14条 第2項",
        "夏季休暇は7月から9月の間に5日を取得する。未取得の夏季休暇は翌年度に繰り越さない。",
        0.7811,
        0.3127,
    ),
    (
        "faq-031",
        "人事FAQ 31",
        "Q: 退職時に残った有給休暇は買い取られますか。A: 原則として買い取りは行いません。",
        0.7402,
        None,
    ),
    (
        "kitei-21-1",
        "就業規則 第21条 第1項",
        "出張の申請は出発日の3営業日前までに上長の承認を得なければならない。",
        0.6918,
        None,
    ),
]

ANSWER = """はい、繰り越せます。

- **繰越**:残りの5日は翌年度に繰り越されます。期限は付与日から2年間、上限は20日です [1]。
- **申請**:不要です。人事システムが自動で処理し、結果は4月10日までに給与明細でお知らせします [2]。

なお、夏季休暇の残りは繰り越せませんのでご注意ください [4]。"""


def _documents(prefix: str, rows: list[tuple[str, str, str, float]]) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for index, (id_, title, text, score) in enumerate(rows):
        document_ = f"{prefix}.{index}.document"
        attributes[f"{document_}.id"] = id_
        attributes[f"{document_}.content"] = text
        attributes[f"{document_}.score"] = score
        attributes[f"{document_}.metadata"] = json_text({"title": title, "source": "kitei-2026.pdf"})
    return attributes


def record() -> dict[str, Any]:
    """The document of this story."""
    recording = Recording(
        "handbook",
        Scope("openinference.instrumentation.llama_index", "4.6.1"),
        {**python_resource("jinji-assistant", "1.12.0"), "openinference.project.name": "jinji"},
        ended_before_s=41 * 60,
    )
    found = [(id_, title, text, score) for id_, title, text, score, _ in PASSAGES]
    reranked = sorted(
        ((id_, title, text, score) for id_, title, text, _, score in PASSAGES if score is not None),
        key=lambda row: -row[3],
    )
    with recording.span(
        "RetrieverQueryEngine.query",
        {
            "openinference.span.kind": "CHAIN",
            "input.value": QUESTION,
            "input.mime_type": "text/plain",
            "session.id": "jinji-8c21f0",
            "user.id": "sato.haruka",
            "tag.tags": ["slack", "ja"],
            "metadata": json_text({"channel": "#jinji-help", "index": "kitei-2026-10"}),
        },
    ) as root:
        recording.wait(3)
        with recording.span(
            "VectorIndexRetriever.retrieve",
            {
                "openinference.span.kind": "RETRIEVER",
                "input.value": QUESTION,
                "input.mime_type": "text/plain",
            },
        ) as retriever:
            recording.wait(1)
            with recording.span(
                "GeminiEmbedding.get_query_embedding",
                {
                    "openinference.span.kind": "EMBEDDING",
                    "embedding.model_name": "gemini-embedding-001",
                    "llm.provider": "google",
                    "embedding.embeddings.0.embedding.text": QUESTION,
                    "embedding.embeddings.0.embedding.vector": [
                        round(recording.random.gauss(0, 0.06), 5) for _ in range(16)
                    ],
                    "llm.token_count.prompt": count_tokens(QUESTION),
                    "llm.token_count.total": count_tokens(QUESTION),
                },
            ) as embedding:
                recording.wait(176)
                embedding.ok()
            recording.wait(34)
            for key, value in _documents("retrieval.documents", found).items():
                retriever[key] = value
            retriever.ok()
        recording.wait(1)
        with recording.span(
            "CohereRerank.postprocess_nodes",
            {
                "openinference.span.kind": "RERANKER",
                "reranker.query": QUESTION,
                "reranker.model_name": "rerank-v3.5",
                "reranker.top_k": 4,
                **_documents("reranker.input_documents", found),
            },
        ) as reranker:
            recording.wait(287)
            for key, value in _documents("reranker.output_documents", reranked).items():
                reranker[key] = value
            reranker.ok()
        recording.wait(2)
        rules = "\n".join(
            f"[{index}] {title}\n{text}" for index, (_, title, text, _) in enumerate(reranked, 1)
        )
        prompt = f"規程:\n{rules}\n\n質問: {QUESTION}"
        usage = usage_of(SYSTEM + prompt, ANSWER)
        with recording.span(
            "Anthropic.chat",
            {
                "openinference.span.kind": "LLM",
                "llm.system": "anthropic",
                "llm.provider": "anthropic",
                "llm.model_name": SONNET.responded,
                "llm.invocation_parameters": json_text(
                    {"model": SONNET.requested, "max_tokens": 800, "temperature": 0.1}
                ),
                "llm.input_messages.0.message.role": "system",
                "llm.input_messages.0.message.content": SYSTEM,
                "llm.input_messages.1.message.role": "user",
                "llm.input_messages.1.message.content": prompt,
            },
        ) as llm:
            think(recording, SONNET, usage)
            llm["llm.output_messages.0.message.role"] = "assistant"
            llm["llm.output_messages.0.message.content"] = ANSWER
            llm["llm.token_count.prompt"] = usage.input
            llm["llm.token_count.completion"] = usage.output
            llm["llm.token_count.total"] = usage.total
            llm["llm.finish_reason"] = "end_turn"
            llm["output.value"] = ANSWER
            llm.ok()
        root["output.value"] = ANSWER
        root["output.mime_type"] = "text/markdown"
        root.ok()
    return document(recording)
