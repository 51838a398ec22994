// What became of a figure against the same time before, as a link to what was counted then; and what is new.
import { Link } from "react-router";
import { change } from "./series.js";

/**
 * Nothing where there is nothing to compare with and, where `isCalm`, where it did not move. `to`: the list of the time before;
 * `write` writes a figure, `by` how it moved; `isWorse`: more of it is.
 */
export function Moved({ now, then, to, write, by = change, isWorse, isCalm }) {
  const moved = by(now, then);
  if (!moved || (isCalm && moved.startsWith("±"))) return null;
  const isBad = isWorse && /^[+×]/.test(moved);
  return (
    <Link to={to} className={`moved${isBad ? " s-error" : ""}`} title={`${write(then)} in the preceding period; click to show those traces`}>
      <span aria-hidden="true">{moved}</span><span className="away">{moved} compared with {write(then)} before</span>
    </Link>
  );
}

/** Beside what was not in the same time before. */
export const New = () => <i className="badge new" title="Not in the same time before">new</i>;

/** Whether two answers of use_answer.js can be compared: of a scan that was stopped, or of another question, nothing can be said. */
export const areComparable = (...answers) => answers.every(({ data, isStale }) => data && data.complete !== false && !isStale);
