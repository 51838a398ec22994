// What a retriever found, best first as it came, with the scores as numbers and as bars.
import { JsonTree } from "./json_tree.jsx";
import { Fold, LongText } from "../shared/parts.jsx";

export function Documents({ span }) {
  const documents = span.documents || [];
  const best = documents.reduce((max, one) => Math.max(max, Math.abs(Number(one.score)) || 0), 0);
  return (
    <div className="documents">
      {span.query != null && <p className="params"><span><i>query</i> {typeof span.query === "string" ? span.query : JSON.stringify(span.query)}</span></p>}
      {documents.map((one, i) => (
        <article key={i} className="document">
          <header>
            <b>{i + 1}</b>
            <span className="grow">{one.title || one.id || one.uri || "document"}</span>
            {one.score != null && (
              <span className="score" title={`score ${one.score}`}>
                <i style={{ width: `${(44 * Math.abs(one.score)) / (best || 1)}px` }} />{Number(one.score).toPrecision(3)}
              </span>
            )}
          </header>
          {one.content != null && one.content !== "" && <LongText text={String(one.content)} />}
          {one.uri && <code>{one.uri}</code>}
          {one.metadata && Object.keys(one.metadata).length > 0 && <Fold title="Metadata" note={Object.keys(one.metadata).join(", ")}><JsonTree value={one.metadata} /></Fold>}
        </article>
      ))}
      {span.rerank && <section className="block"><header><h3>{span.kind === "reranker" ? "Rerank" : "Search"}</h3></header><JsonTree value={span.rerank} /></section>}
    </div>
  );
}
