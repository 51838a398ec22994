// The answers about a session: how it began, how long, how much, what went wrong, with whom.
import { Link } from "react-router";
import { useNow } from "../shared/data.js";
import { Fact } from "../shared/fact.jsx";
import { ago, clock, costOf, costTitle, duration, exact, middle, moment, plural, tokensOf } from "../shared/format.js";
import { Icon } from "../shared/icons.jsx";
import { Copy } from "../shared/parts.jsx";
import { fieldTerm, narrowed } from "../question/query_text.js";
import { ScoreChips } from "../shared/scores.jsx";
import { firstSentence } from "./session_row.jsx";
import { sessionsPath } from "./sessions_url.js";
import { listPath } from "../question/list_url.js";
import { Switch } from "../shared/switch.jsx";

const VIEWS = [[false, "Conversation only", "Conversation only (1)"], [true, "With steps", "With steps (2)"]];

export function SessionHeader({ session, back, steps, setSteps }) {
  const now = useNow(10_000);
  const { session_id: id, usage, cost, error_count: errors } = session;
  return (
    <header className="answers">
      <div className="answers-top">
        <button type="button" className="tool-button" onClick={back} aria-label="Back to the sessions" title="Back to the sessions (Esc)"><Icon name="back" /></button>
        <h1 dir="auto" title={session.first_input_preview || id}>{firstSentence(session.first_input_preview) || id}</h1>
        <Switch label="Show" options={VIEWS} chosen={steps} choose={setSteps} />
        <ScoreChips scores={session.scores} />
        <dl className="facts">
          <Fact label="Turns" title="The traces of this session"><Link to={listPath({ q: session.q })}>{exact(session.turn_count)}</Link></Fact>
          <Fact label="Duration" title={`${session.duration_ms} ms from start to end`}>{duration(session.duration_ms)}</Fact>
          <Fact label="Tokens" title={usage?.total == null ? "Token counts unknown" : `${exact(usage.input)} in, ${exact(usage.output)} out`}>{tokensOf(session)}</Fact>
          <Fact label="Cost" title={costTitle(cost)}>{costOf(session)}</Fact>
          <Fact label="Errors" title={`${plural(errors, "turn")} in error`}>
            {errors > 0 ? <Link className="s-error" to={listPath({ q: narrowed(session.q, "status:error") })} title="List these turns as traces">✕ {plural(errors, "turn")}</Link> : "0"}
          </Fact>
          {session.user_id && <Fact label="User" title={session.user_id}><Link to={sessionsPath({ q: fieldTerm("user", session.user_id), by: "session" })}>{middle(session.user_id, 18)}</Link></Fact>}
          <Fact label="Last activity" title={moment(session.last_activity)}>{ago(session.last_activity, now)} <i>{clock(session.last_activity, now)}</i></Fact>
          <Fact label="Id" title={id}><code>{middle(id, 14)}</code> <Copy text={id} label="Copy the session id" /></Fact>
        </dl>
      </div>
    </header>
  );
}
