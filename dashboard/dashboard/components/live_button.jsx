// Whether a page follows what arrives: it does, it is held still, or it cannot.
import { useShared } from "./data.js";

/** `live`: it is to follow; `error`: the Problem that the last look at what is shown met, or null. */
export function LiveButton({ live, pause, error }) {
  const outage = useShared("outage") || (error?.position == null && error?.detail); // a query that cannot be read is no outage
  const [state, sign, text, title] = !live
    ? ["", "▮▮", "Paused", "Paused: what arrives is not shown. Follow (p)"]
    : outage
      ? [" is-cut", "○", "Not live", `This is what was last read. ${outage}\nIt resumes by itself. Pause (p)`]
      : [" is-live", "●", "Live", "Follows what arrives. Pause (p)"];
  return (
    <button type="button" className={`live-button${state}`} aria-pressed={live} onClick={pause} title={title}>
      <span aria-hidden="true">{sign}</span> {text}
    </button>
  );
}
