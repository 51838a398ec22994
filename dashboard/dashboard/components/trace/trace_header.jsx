// The answers, before anything is opened: did it work, how long, how much, with what, what went in, what came out.
import { useNow, useShared } from "../shared/data.js";
import { CompareButton } from "../compare/compare_button.jsx";
import { Fact } from "../shared/fact.jsx";
import { ago, clock, costOf, costTitle, count, duration, errorLine, errorTitle, exact, lasted, middle, moment, plural, tokensOf } from "../shared/format.js";
import { Icon, StatusMark, stateText, traceState } from "../shared/icons.jsx";
import { listPath } from "../question/list_url.js";
import { Link } from "react-router";
import { Copy } from "../shared/parts.jsx";
import { fieldTerm } from "../question/query_text.js";
import { ScoreChips } from "../shared/scores.jsx";
import { sessionPath } from "../session/sessions_url.js";
import { unmarked } from "../content/unmarked.js";
import { WaitBar } from "./wait_bar.jsx";

function Tokens({ trace }) {
  const cached = trace.usage?.cache_read;
  return <>{tokensOf(trace)}{cached > 0 && <i> {count(cached)} cached</i>}</>;
}

/** `isSaid`: what went in and came out is all of what stands below. `listed` are the ids of the list that the trace was opened from; `underline` is the WaitBar's; `tabs` chooses the view. */
export function TraceHeader({ trace, waits, isSaid, back, listed, keys, live, pick, choose, underline, jump, tabs }) {
  const isRunning = trace.status === "running";
  const now = useNow(isRunning ? 1000 : 10_000);
  const state = traceState(trace);
  const usage = trace.usage;
  const usageTitle = usage && `in ${exact(usage.input)} (cached ${exact(usage.cache_read)}), out ${exact(usage.output)} (reasoning ${exact(usage.reasoning)})`;
  const models = trace.models || [];
  const callsModels = Boolean(usage || trace.cost || trace.kinds?.llm);
  const [asked, came] = isSaid ? [] : [trace.input_preview, trace.output_preview];
  return (
    <header className="answers">
      <div className="answers-top">
        <button type="button" className="tool-button" onClick={back} aria-label="Back to the list" title="Back to the list (Esc)">
          <Icon name="back" />
        </button>
        <StatusMark state={state} />
        <h1 dir="auto" title={trace.name}>{trace.name || "unnamed"}</h1>
        <span className={`state s-${state}`}>{stateText(state).split(":")[0]}</span>
        <Neighbours trace={trace} listed={listed} keys={keys} />
        <ScoreChips scores={trace.scores} />
        {isRunning && <Live live={live} keys={keys} />}
        <CompareButton side={trace.trace_id} name={trace.name || "unnamed"} keyName="=" />
        <dl className="facts">
          <Fact label="Duration" title={trace.duration_ms == null ? "Not finished yet" : `${trace.duration_ms} ms`}>
            {isRunning ? <span className="s-running">{duration(Math.round(lasted(trace, now) / 1000) * 1000)}</span> : duration(trace.duration_ms)}
          </Fact>
          {callsModels && <Fact label="Tokens" title={usageTitle || "Token counts unknown"}><Tokens trace={trace} /></Fact>}
          {callsModels && <Fact label="Cost" title={costTitle(trace.cost)}>{costOf(trace)}</Fact>}
          {models.length > 0 && (
            <Fact label={models.length > 1 ? "Models" : "Model"} title={models.join("\n")}>
              <span className="fact-text">{models[0]}</span>{models.length > 1 && <i> +{models.length - 1}</i>}
            </Fact>
          )}
          <Fact label="Spans" title={Object.entries(trace.kinds || {}).map(([k, n]) => `${n} ${k}`).join(", ")}>
            {exact(trace.span_count)}{trace.error_count > 0 && <b className="s-error"> ✕{trace.error_count}</b>}
          </Fact>
          {trace.session_id && (
            <Fact label="Session" title={`The conversation of this trace: ${trace.session_id}`}><Link to={sessionPath(trace.session_id, `?turn=${trace.trace_id}`)}>{middle(trace.session_id, 18)}</Link></Fact>
          )}
          {trace.user_id && <Fact label="User" title={trace.user_id}><Link to={listPath({ q: fieldTerm("user", trace.user_id) })}>{middle(trace.user_id, 18)}</Link></Fact>}
          <Fact label="Started" title={moment(trace.start_time)}>{ago(trace.start_time, now)} <i>{clock(trace.start_time, now)}</i></Fact>
          <Fact label="Id" title={trace.trace_id}><code>{trace.trace_id.slice(0, 8)}</code> <Copy text={trace.trace_id} label="Copy the trace id" /></Fact>
        </dl>
      </div>
      {(asked || came || trace.error || jump) && (
        <div className="answers-io">
          {asked && <p title={asked}><b>In</b><bdi>{unmarked(asked)}</bdi></p>}
          {came && <p title={came}><b>Out</b><bdi>{unmarked(came)}</bdi></p>}
          {(trace.error || jump) && (
            <p className={trace.status === "error" ? "bad first" : "bad"} title={trace.error && errorTitle(trace.error)}>
              <b>Error</b>
              {jump && <button type="button" className="jump" onClick={jump} title="Go to the failing span (e)">Show it</button>}
              {trace.error ? <bdi>{errorLine(trace.error)}</bdi> : plural(trace.error_count, "span") + " failed"}
            </p>
          )}
        </div>
      )}
      <div className="answers-bottom">
        <WaitBar waits={waits} pick={pick} choose={choose} underline={underline} />
        {tabs}
      </div>
    </header>
  );
}

/** To the next and the previous trace of the list, with its filter and its order. */
function Neighbours({ trace, listed, keys }) {
  const at = listed ? listed.indexOf(trace.trace_id) : -1;
  if (at < 0 || listed.length < 2) return null;
  return (
    <span className="neighbours">
      <button type="button" className="tool-button small" onClick={keys.previousTrace} disabled={at === 0} aria-label="Previous trace in the list" title="Previous trace in the list (Shift K)">‹</button>
      <i title="Position among the loaded traces in the list">{at + 1}/{listed.length}</i>
      <button type="button" className="tool-button small" onClick={keys.nextTrace} disabled={at === listed.length - 1} aria-label="Next trace in the list" title="Next trace in the list (Shift J)">›</button>
    </span>
  );
}

/** A running trace grows as its spans come, but in an outage; it can be held still. */
function Live({ live, keys }) {
  const outage = useShared("outage");
  return (
    <span className="live">
      <button type="button" className="pick" aria-pressed={!live.held} onClick={keys.pause} title={live.held ? "Resume (p)" : "Pause (p)"}>{live.held ? "paused" : outage ? "not live" : "live"}</button>
      {live.held && live.waiting && <button type="button" className="pill" onClick={live.refresh} title="Show them; p resumes live updates">new spans</button>}
    </span>
  );
}
