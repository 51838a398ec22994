// The figures of the current question in one line; each says exactly what it is when pointed at.
import { CountedSince } from "../question/counted_since.jsx";
import { costOf, costTitle, count, duration, exact, plural } from "../shared/format.js";

/** `stats`: the answer of GET /api/stats; null while it is not there. `go(term)` narrows the list down, `order(sort)` orders it. */
export function Totals({ stats, stale, go, order }) {
  if (!stats) return <p className="figures" />; // its room: nothing moves when they come
  const { totals } = stats;
  const { p50, p95 } = totals.latency_ms;
  return (
    <p className={`figures${stale ? " stale" : ""}`} aria-live="off">
      <span title={`${exact(totals.traces)} traces of ${plural(totals.spans, "span")}`}><b>{exact(totals.traces)}</b> {totals.traces === 1 ? "trace" : "traces"}</span>
      {totals.errors > 0 && <button type="button" className="s-error" onClick={() => go("status:error")} title="Traces in error; click to show them">✕ <b>{exact(totals.errors)}</b></button>}
      {totals.running > 0 && <button type="button" className="s-running" onClick={() => go("status:running,abandoned")} title="Traces that have not ended: running or abandoned; click to show them">◐ <b>{exact(totals.running)}</b></button>}
      {p95 != null && <button type="button" onClick={() => order("-duration_ms")} title={`Half of them took at most ${duration(p50)}, 95 of 100 at most ${duration(p95)} (within 2 %); click to sort slowest first`}>p95 <b>{duration(p95)}</b></button>}
      {totals.usage?.total > 0 && <button type="button" onClick={() => order("-tokens")} title={`${exact(totals.usage.input)} in, ${exact(totals.usage.output)} out; click to sort highest first`}><b>{count(totals.usage.total)}</b> tokens</button>}
      {costOf(totals) !== "–" && <button type="button" onClick={() => order("-cost")} title={`${costTitle(totals.cost)}; click to sort most expensive first`}><b>{costOf(totals)}</b></button>}
      <CountedSince answer={stats} />
    </p>
  );
}
