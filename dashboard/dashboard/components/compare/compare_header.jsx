// The two sides, and how far their figures are apart.
import { Link } from "react-router";
import { sidePath } from "./compare_url.js";
import { useNow } from "../shared/data.js";
import { Deltas } from "./deltas.jsx";
import { ago, clock, moment } from "../shared/format.js";
import { KindIcon, StatusMark, stateText, traceState } from "../shared/icons.jsx";

export function CompareHeader({ data, a, b, turn }) {
  return (
    <header className="answers compare-head">
      <div className="sides">
        <h1 className="away">Compare</h1>
        <Side label="A" side={a} what={data.a} isSpan={data.kind === "spans"} />
        <button type="button" className="tool-button" onClick={turn} aria-label="Swap A and B" title="Swap A and B (s)">⇄</button>
        <Side label="B" side={b} what={data.b} isSpan={data.kind === "spans"} />
      </div>
      <Deltas differences={data.differences} />
    </header>
  );
}

/** `what` is the summary of a trace, or the row of a span. */
function Side({ label, side, what, isSpan }) {
  const now = useNow(10_000);
  const state = isSpan ? (what.status === "error" ? "error" : what.state === "open" ? "running" : "ok") : traceState(what);
  return (
    <Link className="side" to={sidePath(side)} title={`Open ${label}: ${what.name} (${label.toLowerCase()} opens the selected span)`}>
      <b className={`side-name side-${label.toLowerCase()}`}>{label}</b>
      {isSpan ? <KindIcon kind={what.kind} /> : null}
      <StatusMark state={state} title={stateText(state)} />
      <span className="side-what" dir="auto">{what.name || "unnamed"}</span>
      <time dateTime={what.start_time} title={moment(what.start_time)}>{ago(what.start_time, now)} <i>{clock(what.start_time, now)}</i></time>
      <code>{side.slice(0, 8)}{isSpan ? `/${side.slice(33, 41)}` : ""}</code>
    </Link>
  );
}
