// Small parts of the list: column heads, the counts above it, a query that cannot be read.
import { costTitle, count, exact, traceCost } from "./format.js";

export const COLUMNS = [
  [null, "", ""],
  [null, "Name", ""],
  [null, "Input → output", ""],
  [null, "Model", "c-model"],
  ["-duration_ms", "Duration", "num c-dur"],
  ["-tokens", "Tokens", "num"],
  ["-cost", "Cost", "num"],
  [null, "Spans", "num c-spans"],
  ["-start_time", "When", "num"],
];

/** A column's head; those that can sort are buttons. "When" goes both ways. */
export function Head({ sort, text, name, list, go }) {
  const isWhen = sort === "-start_time";
  const active = sort && (list.sort === sort || (isWhen && list.sort === "start_time"));
  const up = active && list.sort === "start_time";
  const next = isWhen && active && !up ? "start_time" : sort === list.sort ? "-start_time" : sort;
  return (
    <span role="columnheader" className={name} aria-sort={active ? (up ? "ascending" : "descending") : undefined}>
      {sort ? (
        <button type="button" onClick={() => go({ sort: next })} title={`Sort by ${text.toLowerCase()}`}>
          {text}<i aria-hidden="true">{active ? (up ? " ↑" : " ↓") : ""}</i>
        </button>
      ) : text}
    </span>
  );
}

/** Counts over what is loaded. */
export function Figures({ rows, more }) {
  const errors = rows.filter((trace) => trace.status === "error").length;
  const running = rows.filter((trace) => trace.status === "running").length;
  const tokens = rows.reduce((sum, trace) => sum + (trace.usage?.total || 0), 0);
  const cost = sumOfCosts(rows);
  return (
    <p className="figures" title="Of the traces that are loaded">
      <span>{exact(rows.length)}{more ? "+" : ""} {rows.length === 1 ? "trace" : "traces"}</span>
      {errors > 0 && <span className="s-error">✕ {exact(errors)}</span>}
      {running > 0 && <span className="s-running">◐ {exact(running)}</span>}
      {tokens > 0 && <span>{count(tokens)} tokens</span>}
      {cost && <span title={costTitle(cost)}>{traceCost(cost)}</span>}
    </p>
  );
}

/** What the rows cost together: null where no price is known, incomplete where one is missing. */
function sumOfCosts(rows) {
  const known = rows.filter((trace) => trace.cost);
  if (!known.length) return null;
  const unpriced = rows.some((trace) => !trace.cost && trace.usage);
  return {
    total: known.reduce((sum, trace) => sum + trace.cost.total, 0),
    complete: !unpriced && known.every((trace) => trace.cost.complete),
  };
}

/** The query with the character at which it stops to make sense, and the way out. */
export function Unreadable({ q, error, clear }) {
  const at = error.position;
  return (
    <div className="empty">
      <div className="empty-inner narrow">
        <h1>This query cannot be read</h1>
        <p><code className="asked">{q.slice(0, at)}<mark>{q.slice(at, at + 1) || " "}</mark>{q.slice(at + 1)}</code></p>
        <p>{error.detail}</p>
        {error.hint && <p className="dim">{error.hint}</p>}
        <div className="note-actions"><button type="button" className="button" onClick={clear}>Clear the query</button></div>
      </div>
    </div>
  );
}

/** The end of the loaded rows: more, or that this is all. */
export function End({ rows, more, busy, error, loadMore }) {
  return (
    <div className="list-end">
      {error && <p className="s-error" role="alert">{error.detail || error.message}</p>}
      {more ? (
        <button type="button" className="button" onClick={loadMore} disabled={busy}>
          {busy ? "Loading …" : error ? "Try again" : "Load more"}
        </button>
      ) : (
        <span className="dim">{exact(rows.length)} {rows.length === 1 ? "trace" : "traces"}, that is all</span>
      )}
    </div>
  );
}
