// How long what has no end yet has taken.
import { useNow } from "../shared/data.js";
import { duration } from "../shared/format.js";

/** The time since a span began that still runs, second by second. */
export function Lasting({ tree, i }) {
  const now = useNow(1000);
  const ms = now - Date.parse(tree.trace.start_time) - tree.start_us[i] / 1000;
  return <span className="s-running" title="Still running; time since it started">{duration(1000 * Math.max(0, Math.round(ms / 1000)))}</span>;
}
