// A pattern, drawn so that its steps stand apart from what joins them.
import { piecesOf } from "./pattern_steps.js";

const WRAPS_FROM = 24; // characters of a step: a shorter one stays in one piece
const SAYS = { failed: "ends in an error", running: "runs" };

/** `folded`: three lines of it at the most. */
export function Pattern({ pattern, folded = false }) {
  return (
    <span className={folded ? "pattern folded" : "pattern"} title={pattern}>
      {piecesOf(pattern).map(({ kind, text }, i) => (
        kind === "step" ? <bdi key={i} className={text.length < WRAPS_FROM ? "p-step" : "p-step long"}>{text}</bdi> : <span key={i} className={`p-${kind}`} title={SAYS[kind]}>{kind === "open" && <wbr />}{text}</span>
      ))}
    </span>
  );
}
