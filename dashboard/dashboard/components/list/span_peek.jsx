// A look at a span beside the list: what it took, why it failed, what went in and came out.
import { Link } from "react-router";
import { ago, clock, costTitle, count, dollars, duration, errorLine, exact, middle, moment, usedNothing } from "../shared/format.js";
import { KindIcon, spanState } from "../shared/icons.jsx";
import { Failed, Waiting } from "../shared/parts.jsx";
import { FactList, PeekFrame, Said, useRested } from "./peek.jsx";
import { said } from "./said.js";
import { loadSpan } from "../span/spans.js";
import { spanPath } from "./spans_url.js";

/** `id`: as `spanKey` says it; `row`: its row where the list has it. */
export function SpanPeek({ id, row, close }) {
  const [trace_id, span_id] = id.split("/");
  const { found: span, error } = useRested(id, row?.end_time, (signal) => loadSpan(trace_id, span_id, signal));
  const shown = row || span;
  const words = span && said(span, row);
  return (
    <PeekFrame label="Peek at a span" state={shown && spanState(shown)} icon={shown && <KindIcon kind={shown.kind} />}
      name={shown && (shown.name || "unnamed")} path={spanPath({ trace_id, span_id })} close={close}>
      {shown && <Facts span={shown} traceName={row?.trace_name} traceId={trace_id} />}
      {error && <Failed error={error} />}
      {shown?.error && <p className="peek-error">{errorLine(shown.error)}</p>}
      {!span && !error && <Waiting lines={8} label="Loading the span" />}
      {words && <Said title="Input" value={span.query ?? span.tool?.arguments ?? words.input} />}
      {words && <Said title="Output" value={span.tool?.result ?? words.output} />}
    </PeekFrame>
  );
}

function Facts({ span, traceName, traceId }) {
  const { usage, cost } = span;
  const usesNothing = usedNothing(usage?.total, cost?.total);
  const facts = [
    ["Started", `${ago(span.start_time, Date.now())}, ${clock(span.start_time, Date.now())}`, moment(span.start_time)],
    ["Duration", span.duration_ms != null && duration(span.duration_ms), `${span.duration_ms} ms`],
    ["Kind", span.kind, span.kind],
    ["Model", span.model, span.provider || undefined],
    ["Tokens", usage && !usesNothing && `${count(usage.input)} → ${count(usage.output)}`, usage && `${exact(usage.total)} tokens`],
    ["Cost", cost && !usesNothing && dollars(cost.total), cost && costTitle({ total: cost.total, complete: true })],
    ["Trace", <Link to={`/trace/${traceId}`}>{traceName || middle(traceId, 13)}</Link>, traceName || traceId],
  ];
  return <FactList facts={facts} id={span.span_id} />;
}
