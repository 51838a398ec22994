// The side that was chosen first to be compared, until the other one is. It outlives a change of the page, as long as the tab.
import { share, sharedNow } from "../shared/data.js";
import { comparePath, isSpan } from "./compare_url.js";

const KEY = "llm-tracer-compare";

/** {side, name} of the one that waits for another, or null. */
export function waitingSide() {
  const known = sharedNow("compareWith");
  if (known !== undefined) return known;
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null; // nothing is kept, or not by us
  }
}

export function forgetSide() {
  keep(null);
}

function keep(one) {
  share({ compareWith: one });
  try {
    if (one) sessionStorage.setItem(KEY, JSON.stringify(one));
    else sessionStorage.removeItem(KEY);
  } catch {
    // it holds as long as the page
  }
}

/** Add a side ("TRACE" or "TRACE/SPAN") under a name. Returns the address of the comparison once there are two, else null. */
export function addSide(side, name) {
  const first = waitingSide();
  if (first && first.side !== side && isSpan(first.side) === isSpan(side)) {
    keep(null);
    return comparePath(first.side, side);
  }
  keep({ side, name });
  return null;
}
