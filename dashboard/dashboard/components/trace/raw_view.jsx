// All spans of the trace as they were sent, one after the other, each loaded when it is opened.
import { useEffect, useRef, useState } from "react";
import { plural } from "../shared/format.js";
import { KindIcon } from "../shared/icons.jsx";
import { JsonTree } from "../content/json_tree.jsx";
import { Failed, Waiting } from "../shared/parts.jsx";
import { loadSpan, peek } from "../span/spans.js";
import { kindOf, nameOf, spanId } from "./tree.js";

const AROUND = 100; // spans listed at once, the selected one in the middle

export function RawView({ traceId, tree, selected, select }) {
  const first = Math.max(0, Math.min(selected - AROUND / 2, tree.n - AROUND));
  const shown = Array.from({ length: Math.min(AROUND, tree.n) }, (_, n) => first + n);
  const box = useRef(null);
  useEffect(() => { box.current.querySelector(".fold-head[aria-expanded=true]").scrollIntoView({ block: "start" }); }, [selected]);
  return (
    <div className="raw-view" data-own-keys tabIndex={0} ref={box}>
      {first > 0 && <p className="dim">{plural(first, "span")} before</p>}
      {shown.map((i) => (
        <section key={spanId(tree, i)}>
          {/* j and k open the others: as Tab stops they would lie between the open one and the rest of the page. */}
          <button type="button" className="fold-head" tabIndex={i === selected ? 0 : -1} onClick={() => select(i)} aria-expanded={i === selected}>
            <span className="chevron" aria-hidden="true">{i === selected ? "▾" : "▸"}</span>
            <KindIcon kind={kindOf(tree, i)} />{nameOf(tree, i)}<i><code>{spanId(tree, i)}</code></i>
          </button>
          {i === selected && <RawSpan traceId={traceId} id={spanId(tree, i)} />}
        </section>
      ))}
      {first + shown.length < tree.n && <p className="dim">{plural(tree.n - first - shown.length, "span")} after</p>}
    </div>
  );
}

function RawSpan({ traceId, id }) {
  const [span, setSpan] = useState(() => peek(traceId, id));
  const [error, setError] = useState(null);
  useEffect(() => {
    const abort = new AbortController();
    loadSpan(traceId, id, abort.signal).then(setSpan, (problem) => problem.name !== "AbortError" && setError(problem));
    return () => abort.abort();
  }, [traceId, id]);
  if (error) return <Failed error={error} />;
  return span ? <JsonTree value={span} name="span" /> : <Waiting lines={4} />;
}
