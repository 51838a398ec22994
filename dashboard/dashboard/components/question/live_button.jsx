// Whether a page follows what arrives: it does, it is held still, or it cannot.
import { useShared } from "../shared/data.js";

/** `live`: it is to follow; `error`: the Problem that the last look at what is shown met, or null. */
export function LiveButton({ live, pause, error }) {
  const outage = useShared("outage") || (error?.position == null && error?.detail); // a query that cannot be read is no outage
  const [state, sign, text, title] = !live
    ? ["", "▮▮", "Paused", "Paused: new data is not shown. Resume (p)"]
    : outage
      ? [" is-cut", "○", "Not live", `Showing the last data received. ${outage}\nUpdates resume on their own. Pause (p)`]
      : [" is-live", "●", "Live", "Showing new data as it arrives. Pause (p)"];
  return (
    <button type="button" className={`live-button${state}`} aria-pressed={live} onClick={pause} title={title}>
      <span aria-hidden="true">{sign}</span> {text}
    </button>
  );
}
