// What was said in the selected row: the messages of both sides with what was added, removed and changed in them.
import { useEffect, useState } from "react";
import { DiffList } from "./diff_messages.jsx";
import { InputOutput, hasInputOutput } from "../span/input_output.jsx";
import { Messages } from "../content/messages.jsx";
import { Failed, LongText, Waiting } from "../shared/parts.jsx";
import { loadSpan } from "../span/spans.js";
import { useCompared } from "./use_compared.js";
import { jsonText } from "../shared/value_model.js";

const CONTENT = { wide: true }; // numbers of any length as they were sent

/** `row` is one of the answer; `a` and `b` are the sides of the page. */
export function CompareContent({ row, a, b }) {
  const [traceA, traceB] = [a.slice(0, 32), b.slice(0, 32)];
  const isPair = Boolean(row?.a && row.b);
  const sides = isPair ? [`${traceA}/${row.a.span_id}`, `${traceB}/${row.b.span_id}`] : [null, null];
  const { data, error, slow, reload } = useCompared("compare/content", ...sides, CONTENT);
  if (!row) return <section className="pane" aria-label="Difference" />;
  const name = (row.b || row.a).name;
  return (
    <section className="pane" aria-label="Difference">
      <header className="span-head"><div className="span-title"><h2 dir="auto" title={name}>{name}</h2><span className="kind-name">{(row.b || row.a).kind}</span></div></header>
      <div className="pane-body" data-own-keys tabIndex={0}>
        <RowErrors row={row} />
        {isPair ? (
          error ? <Failed error={error} retry={reload} /> : data ? <Difference data={data} row={row} /> : slow && <Waiting lines={9} label="Comparing content" />
        ) : <OneSide side={row.a ? "A" : "B"} traceId={row.a ? traceA : traceB} spanId={(row.a || row.b).span_id} />}
      </div>
    </section>
  );
}

/** What failed on either side, first of all. */
function RowErrors({ row }) {
  return [["A", row.a], ["B", row.b]].filter(([, span]) => span?.error).map(([label, span]) => (
    <section key={label} className="span-error" aria-label={`Error of ${label}`}>
      <h3><span aria-hidden="true">✕ </span>{label}: {span.error.type || "Error"}</h3>
      {span.error.message && <LongText text={span.error.message} />}
    </section>
  ));
}

function Difference({ data, row }) {
  const tools = Object.entries(data.tools || {}).filter(([, names]) => names.length > 0);
  const given = data.messages?.length ? data.messages : data.input || [];
  const isSame = [given, data.output || []].flat().every(({ change }) => change === "same") && !data.parameters?.length && !tools.length;
  return (
    <div className="messages">
      {data.complete === false && <p className="s-warn">⚠ Too long to compare in full: the differences shown are real, but there may be more.</p>}
      {isSame && <p className="s-ok">✓ {row.change === "same" ? "Both sides are the same." : "Input and output are the same; the row shows what differs."}</p>}
      {data.parameters?.length > 0 && <Parameters parameters={data.parameters} />}
      {tools.map(([change, names]) => <p key={change} className={`tools-${change}`}><b>{change === "changed" ? "≠ tools changed" : change === "added" ? "+ tools only in B" : "− tools only in A"}</b> <code>{names.join(", ")}</code></p>)}
      <DiffList title="Given" of={given} at="input" />
      <DiffList title="Answered" of={data.output || []} at="output" />
    </div>
  );
}

function Parameters({ parameters }) {
  return (
    <dl className="pairs">
      {parameters.map(({ name, a, b }) => (
        <div key={name}><dt>{name}</dt><dd><del>{written(a)}</del> → <ins>{written(b)}</ins></dd></div>
      ))}
    </dl>
  );
}

const written = (value) => (value == null ? "–" : typeof value === "string" ? value : jsonText(value));

/** A span that only one side has, as it is. */
function OneSide({ side, traceId, spanId }) {
  const [state, setState] = useState({ span: null, error: null });
  useEffect(() => {
    const abort = new AbortController();
    setState({ span: null, error: null });
    loadSpan(traceId, spanId, abort.signal).then((span) => setState({ span, error: null }), (error) => error.name !== "AbortError" && setState({ span: null, error }));
    return () => abort.abort();
  }, [traceId, spanId]);
  const { span, error } = state;
  if (error) return <Failed error={error} />;
  if (!span) return <Waiting lines={6} label="Loading the span" />;
  const talks = span.input_messages?.length || span.output_messages?.length;
  return (
    <>
      <p className={`only-side only-${side.toLowerCase()}`}>{side === "A" ? "−" : "+"} Only {side} has this span.</p>
      {talks ? <Messages span={span} /> : hasInputOutput(span) ? <InputOutput span={span} /> : <p className="dim">This span recorded neither input nor output.</p>}
    </>
  );
}
