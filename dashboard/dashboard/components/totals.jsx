// The figures of the current question in one line; each says exactly what it is when pointed at.
import { clock, costTitle, count, duration, exact, plural, traceCost } from "./format.js";

/** `stats`: the answer of GET /api/stats; null while it is not there. */
export function Totals({ stats, stale, go }) {
  if (!stats) return null;
  const { totals } = stats;
  const { p50, p95 } = totals.latency_ms;
  return (
    <p className={`figures${stale ? " stale" : ""}`} aria-live="off">
      <span title={`${exact(totals.traces)} traces of ${plural(totals.spans, "span")}`}><b>{exact(totals.traces)}</b> {totals.traces === 1 ? "trace" : "traces"}</span>
      {totals.errors > 0 && <button type="button" className="s-error" onClick={() => go("status:error")} title="Traces in error; click for these">✕ <b>{exact(totals.errors)}</b></button>}
      {totals.running > 0 && <button type="button" className="s-running" onClick={() => go("status:running,abandoned")} title="Traces without an end: they run or were abandoned; click for these">◐ <b>{exact(totals.running)}</b></button>}
      {p95 != null && <span title={`Half of them took at most ${duration(p50)}, 95 of 100 at most ${duration(p95)} (within 2 %)`}>p95 <b>{duration(p95)}</b></span>}
      {totals.usage?.total > 0 && <span title={`${exact(totals.usage.input)} in, ${exact(totals.usage.output)} out`}><b>{count(totals.usage.total)}</b> tokens</span>}
      {totals.cost && <span title={costTitle(totals.cost)}><b>{traceCost(totals.cost)}</b></span>}
      {!stats.complete && <span className="s-warn" title={`Exactly the traces since ${stats.counted_since}: a long scan was stopped`}>counted since {clock(stats.counted_since, Date.now())}</span>}
    </p>
  );
}
