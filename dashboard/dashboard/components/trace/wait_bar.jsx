// What was waited for: the time of the trace along its critical path, by what it went into.
import { duration } from "../shared/format.js";
import { kindClass } from "../shared/icons.jsx";

const SHOWN_FROM = 0.01; // of the whole: less is summed up as the rest

const FIRST_FROM = 0.25; // of the whole: so long a wait for first tokens is told

const SAYS = "The critical path: at each moment, the one step that kept the trace from finishing";

// Of many kinds, which are no answer to a click, and what they are.
const UNPICKED = { "between steps": "agents and chains while none of their steps ran: their own code, pauses before a retry", "other steps": "steps of other kinds" };

/** `underline`: {on, flip} where the timeline can underline it, else null. */
export function WaitBar({ waits, pick, choose, underline }) {
  const shown = waits.filter((wait) => wait.share >= SHOWN_FROM);
  if (!shown.length) return null;
  return (
    <div className="waits" role="group" aria-label="Where the time went">
      {underline ? (
        <button type="button" className="pick" aria-pressed={underline.on} onClick={underline.flip} title={`${SAYS}. Underline it in the timeline (c)`}>waited for</button>
      ) : (
        <span className="waits-label" title={SAYS}>waited for</span>
      )}
      <span className="waits-bar" aria-hidden="true">
        {shown.map((wait) => <i key={wait.name} className={classOf(wait)} style={{ flexGrow: wait.share }} />)}
      </span>
      {shown.map((wait) => {
        const kinds = `kind:${wait.kinds.join(",")}`;
        const first = wait.share * (wait.first_us / wait.us || 0);
        const text = <>{wait.name} <b>{percent(wait.share)}</b>{first >= FIRST_FROM && <i>first token {percent(first)}</i>}</>;
        const title = `${wait.name}: ${duration(wait.us / 1000)} of the wait${wait.first_us ? `, ${duration(wait.first_us / 1000)} of it until the first token` : ""}`;
        return wait.kinds.length && !UNPICKED[wait.name] ? (
          <button key={wait.name} type="button" className={`wait ${classOf(wait)}`} aria-pressed={pick === kinds} onClick={() => choose(kinds)} title={`${title}. Click to highlight them.`}>{text}</button>
        ) : (
          <span key={wait.name} className={`wait ${classOf(wait)}`} title={[title, UNPICKED[wait.name]].filter(Boolean).join(": ")}>{text}</span>
        );
      })}
    </div>
  );
}

const percent = (share) => `${share > 0.995 && share < 1 ? ">99" : Math.round(100 * share)} %`;
const classOf = (wait) => (wait.name === "idle" ? "k-idle" : wait.name === "between steps" ? "k-between" : UNPICKED[wait.name] ? "k-other" : kindClass(wait.kinds[0]));
