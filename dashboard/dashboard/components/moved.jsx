// How a figure moved against the same time before, as a link to what was counted then.
import { Link } from "react-router";
import { change } from "./series.js";

/**
 * Nothing where there is nothing to compare with and, where `isCalm`, where it did not move. `to`: the list of the time before;
 * `write` writes a figure; `isWorse`: more of it is.
 */
export function Moved({ now, then, to, write, isWorse, isCalm }) {
  const moved = change(now, then);
  if (!moved || (isCalm && moved.startsWith("±"))) return null;
  const isBad = isWorse && /^[+×]/.test(moved);
  return (
    <Link to={to} className={`moved${isBad ? " s-error" : ""}`} title={`${write(then)} in the same time before; click for these traces`}>
      <span aria-hidden="true">{moved}</span><span className="away">{moved} against {write(then)} before</span>
    </Link>
  );
}
