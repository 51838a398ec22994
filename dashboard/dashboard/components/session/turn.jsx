// One turn of a conversation: what was asked and answered, between them the steps if wanted; its figures at the right.
import { memo, useEffect } from "react";
import { clock, duration, moment } from "../shared/format.js";
import { Message } from "../content/messages.jsx";
import { TurnRail } from "./turn_rail.jsx";
import { TurnSteps } from "./turn_steps.jsx";
import { WhenNear } from "../shared/when_near.jsx";

/** Instead of an answer that did not come, by the status of the trace. What failed says so at the right. */
const UNANSWERED = { running: "Still running.", abandoned: "No answer: it started, and then nothing more arrived.", error: "" };

const ROUGH_PX = 150; // a short question and its answer

/** `turn` is undefined until it has come; `pause` is how long nothing happened before it, in µs; `want(index)` asks for it, `isBroken` says that it was in vain; `pick(index)` selects it. */
export const Turn = memo(function Turn({ id, trace, turn, pause, index, count, here, steps, isBroken, want, pick }) {
  return (
    <article className={`turn${here ? " here" : ""}`} id={id} aria-posinset={index + 1} aria-setsize={count} aria-current={here ? "true" : undefined} aria-label={`Turn ${index + 1}`} onMouseDown={() => pick(index)}>
      <WhenNear height={ROUGH_PX} now={index < 4}>
        <div className="turn-said">
          <Said trace={trace} turn={turn} pause={pause} index={index} steps={steps} isBroken={isBroken} want={want} />
        </div>
        <TurnRail trace={trace} turn={turn} />
      </WhenNear>
    </article>
  );
});

const NOT_ASKED = "This trace does not record what was asked.";
const NOT_ANSWERED = "This trace does not record what was answered.";

/** What is said in place of a question and of an answer; of a turn that records neither, it is said once. */
function nothings(trace, turn) {
  const unanswered = UNANSWERED[trace.status];
  if (turn?.asked || turn?.answered) return [NOT_ASKED, unanswered ?? NOT_ANSWERED];
  return ["", unanswered || "No messages recorded."];
}

function Said({ trace, turn, pause, index, steps, isBroken, want }) {
  useEffect(() => { if (!turn) want(index); }, [turn, index, want]);
  const [notAsked, notAnswered] = nothings(trace, turn);
  return (
    <>
      <p className="turn-head">
        <b>{index + 1}</b> <time dateTime={trace.start_time} title={moment(trace.start_time)}>{clock(trace.start_time, Date.now())}</time>
        {pause > 0 && <span className="turn-pause">after {duration(pause / 1000)}</span>}
      </p>
      <Speech said={turn?.asked} known={Boolean(turn)} preview={trace.input_preview} role="user" nothing={notAsked} />
      {steps && <TurnSteps trace={trace} turn={turn} />}
      <Speech said={turn?.answered} known={Boolean(turn)} preview={trace.output_preview} role="assistant" nothing={notAnswered} />
      {isBroken && <p className="s-error" role="alert">The full messages of this turn could not be loaded. <button type="button" className="link" onClick={() => want(index)}>Try again</button></p>}
    </>
  );
}

/** A message, whole; until it has come its preview. */
function Speech({ said, known, preview, role, nothing }) {
  if (said) return <Message message={said.message} at={role} />;
  if (!known && preview) return <article className={`message role-${role}`}><header><span className="role">{role}</span></header><div className="text" dir="auto">{preview}</div></article>;
  return known && nothing ? <p className="dim">{nothing}</p> : null;
}
