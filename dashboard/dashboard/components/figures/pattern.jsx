// A pattern, drawn so that its steps stand apart from what joins them.
import { Fragment } from "react";
import { groupsOf } from "./pattern_steps.js";

const WRAPS_FROM = 24; // characters of a step: a shorter one stays in one piece
const BETWEEN_WORDS = /(?<=[-_./:])|(?<=[a-z])(?=[A-Z])/; // where the name of a long step may go on in the next line
const SAYS = { failed: "ends in an error", running: "still running" };

/** `folded`: three lines of it at the most. */
export function Pattern({ pattern, folded = false }) {
  return (
    <span className={folded ? "pattern folded" : "pattern"} title={pattern}>
      {groupsOf(pattern).map((pieces, n) => (
        <span key={n} className="p-group">
          {pieces.map(({ kind, text }, i) => (kind === "step" ? <Step key={i} text={text} /> : <span key={i} className={`p-${kind}`} title={SAYS[kind]}>{text.replace(/^( .) $/, "$1\u00a0")}</span>))}
        </span>
      ))}
    </span>
  );
}

/** A long step is cut between its words. */
function Step({ text }) {
  if (text.length < WRAPS_FROM) return <bdi className="p-step">{text}</bdi>;
  return <bdi className="p-step long">{text.split(BETWEEN_WORDS).map((word, i) => <Fragment key={i}>{i > 0 && <wbr />}{word}</Fragment>)}</bdi>;
}
