// The figures of a turn: how it ended, how long, how much, which tools, and the way to its trace.
import { Link } from "react-router";
import { costOf, costTitle, duration, errorLine, errorTitle, exact, plural, tokensOf } from "../shared/format.js";
import { KindIcon, StatusMark, stateText, traceState } from "../shared/icons.jsx";
import { ScoreChips } from "../shared/scores.jsx";

export function TurnRail({ trace, turn }) {
  const { usage, cost } = trace;
  const path = `/trace/${trace.trace_id}`;
  const state = traceState(trace);
  const [tokens, spent] = [tokensOf(trace), costOf(trace)];
  const isKnown = tokens !== "–" || spent !== "–";
  return (
    <aside className="turn-rail" aria-label="Turn figures">
      <p className="turn-figures">
        <StatusMark state={state} title={stateText(state)} />
        <b title={trace.duration_ms == null ? "Not finished yet" : `${trace.duration_ms} ms`}>{duration(trace.duration_ms)}</b>
        {isKnown && <span title={usage?.total == null ? "Token counts unknown" : `${exact(usage.input)} in, ${exact(usage.output)} out`}>{tokens} tok</span>}
        {isKnown && <span title={costTitle(cost)}>{spent}</span>}
      </p>
      {turn?.tools.length > 0 && (
        <p className="tool-chips">
          {turn.tools.map((tool) => (
            <Link key={tool.name} className={`tool-chip${tool.errors ? " bad" : ""}`} to={`${path}?span=${tool.span_id}`}
              title={`${tool.name}: ${plural(tool.calls, "call")}${tool.errors ? `, ${exact(tool.errors)} failed` : ""}`}>
              <KindIcon kind="tool" /><span>{tool.name}</span>{tool.calls > 1 && <i>×{exact(tool.calls)}</i>}{tool.errors > 0 && <b>✕{tool.calls > 1 ? exact(tool.errors) : ""}</b>}
            </Link>
          ))}
        </p>
      )}
      {turn?.left_out > 0 && (
        <Link className="turn-left-out" to={`${path}?span=${turn.asked.span_id}`} title="The model had these in the previous turn but not in this one: the context was truncated, or a summary replaced them">
          ⚠ {plural(turn.left_out, "earlier message")} left out
        </Link>
      )}
      {trace.error && <Link className="turn-error" to={`${path}?span=${trace.error.span_id}`} title={errorTitle(trace.error)}>{errorLine(trace.error)}</Link>}
      <ScoreChips scores={trace.scores.filter(({ target }) => target !== "session")} />
      <Link className="link" to={path} title={`${trace.name}: ${plural(trace.span_count, "span")} (Enter)`}><span className="turn-name" dir="auto">{trace.name || "trace"}</span> ›</Link>
    </aside>
  );
}
