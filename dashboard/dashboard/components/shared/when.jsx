// A moment in a table: how long ago, the time of day, and under the pointer exactly.
import { ago, clock, moment } from "./format.js";

/** `now` (ms): of useNow, so that all of a page move together. */
export function When({ time, now }) {
  return <time dateTime={time} title={moment(time)}>{ago(time, now)} <i>{clock(time, now)}</i></time>;
}
