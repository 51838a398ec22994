// Adds what it stands beside to a comparison: the first is remembered, the second opens the page.
import { useNavigate } from "react-router";
import { addSide, forgetSide, waitingSide } from "./compare_pick.js";
import { isSpan } from "./compare_url.js";
import { useShared } from "../shared/data.js";

/** Calls back with what `=` or `+` does: add a side under a name, and go where both are seen once there are two. */
export function useCompare() {
  const navigate = useNavigate();
  return (side, name) => {
    const path = addSide(side, name);
    if (path) navigate(path);
  };
}

/** `keyName` is the key that does the same. */
export function CompareButton({ side, name, keyName }) {
  useShared("compareWith");
  const compare = useCompare();
  const first = waitingSide();
  const waiting = first && isSpan(first.side) === isSpan(side) ? first : null; // two of a kind are compared
  const isThis = waiting?.side === side;
  const title = isThis ? "Pick a second one to compare with; click to cancel" : waiting ? `Compare with ${waiting.name} (${keyName})` : `Compare: pick this one, then another (${keyName})`;
  return (
    <button type="button" className="button small compare-button" aria-pressed={isThis} onClick={() => (isThis ? forgetSide() : compare(side, name))} title={title}>
      {isThis ? "⇄ Pick another" : waiting ? `⇄ with ${waiting.name}` : "⇄ Compare"}
    </button>
  );
}
