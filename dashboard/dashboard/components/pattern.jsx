// A pattern, drawn so that its steps stand apart from what joins them.
import { piecesOf } from "./pattern_steps.js";

const SAYS = { failed: "ends in an error", running: "runs" };

export function Pattern({ pattern }) {
  return (
    <span className="pattern" title={pattern}>
      {piecesOf(pattern).map(({ kind, text }, i) => (
        kind === "step" ? <bdi key={i} className="p-step">{text}</bdi> : <span key={i} className={`p-${kind}`} title={SAYS[kind]}>{text}</span>
      ))}
    </span>
  );
}
