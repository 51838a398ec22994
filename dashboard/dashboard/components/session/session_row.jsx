// One session as one line: how it began, who with, how long, how much, when last.
import { memo } from "react";
import { Link } from "react-router";
import { WhenCell } from "../list/cells.jsx";
import { costOf, costTitle, count, duration, exact, middle, plural, tokensOf } from "../shared/format.js";
import { ScoreChips } from "../shared/scores.jsx";
import { sessionPath } from "./sessions_url.js";
import { unmarked } from "../content/unmarked.js";

// Encoded: an id in the page holds no space, that of a session is any text.
export const elementId = (session) => `session-${encodeURIComponent(session.session_id)}`;

/** The beginning of what was said, up to the end of its first sentence, without the marks of Markdown. */
export const firstSentence = (text) => {
  const line = unmarked((text || "").replace(/\s+/g, " ").trim());
  return /^.{12,}?[.!?。？！](?= |$)/.exec(line)?.[0] ?? line;
};

export const SessionRow = memo(function SessionRow({ session, index, selected, onPick }) {
  const { session_id: id, usage, cost, error_count: errors } = session;
  const said = firstSentence(session.first_input_preview);
  return (
    <Link to={sessionPath(id)} className="row" role="row" id={elementId(session)} data-index={index} aria-selected={selected} tabIndex={-1} onMouseDown={() => onPick(index)}>
      <span role="gridcell" className="s-said" title={session.first_input_preview || id}>
        {said && <b dir="auto">{said}</b>} <i className="mono">{middle(id, 24)}</i> <ScoreChips scores={session.scores} />
      </span>
      <span role="gridcell" className="c-plain s-user" dir="auto" title={session.user_id || undefined}>{session.user_id || ""}</span>
      <span role="gridcell" className="num" title={plural(session.turn_count, "turn")}>{count(session.turn_count)}</span>
      <span role="gridcell" className="num s-long" title={`${session.duration_ms} ms from start to end`}>{duration(session.duration_ms)}</span>
      <span role="gridcell" className="num s-tokens" title={usage?.total == null ? "Token counts unknown" : `${exact(usage.input)} in, ${exact(usage.output)} out`}>{tokensOf(session)}</span>
      <span role="gridcell" className="num" title={costTitle(cost)}>{costOf(session)}</span>
      <span role="gridcell" className={errors ? "num s-error" : "num dim"} title={`${plural(errors, "turn")} in error`}>{errors ? `✕ ${count(errors)}` : "0"}</span>
      <WhenCell time={session.last_activity} />
    </Link>
  );
});
