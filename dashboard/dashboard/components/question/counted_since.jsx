// Where an answer does not count all of what was asked for: since when it does.
import { clock } from "../shared/format.js";

/** `answer`: one of the API's with `complete` and `counted_since`, or null. */
export function CountedSince({ answer }) {
  if (answer?.complete !== false) return null;
  return <span className="s-warn" title={`Exact for traces since ${answer.counted_since}; a long scan was stopped`}>counted since {clock(answer.counted_since, Date.now())}</span>;
}
