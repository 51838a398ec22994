// What is read stays where it is when something above it comes, goes or grows. Of the browsers' own scroll anchoring WebKit
// has none, and that of the others holds the row that grows in at the upper edge, not what is read below it.
import { useEffect } from "react";

/** `box`: ref of the scrolling element, `rows`: a selector of what in it is held. At its very top nothing is held. */
export function useStill(box, rows) {
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    element.style.overflowAnchor = "none";
    const watched = new WeakSet();
    let held = null;
    let place = 0;
    const placeOf = (row) => row.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop;
    const hold = () => {
      held = firstBelow(element.getBoundingClientRect().top, element.querySelectorAll(rows));
      if (held) place = placeOf(held);
    };
    const correct = () => {
      if (held?.isConnected && element.scrollTop > 0) element.scrollTop += placeOf(held) - place;
      hold();
    };
    const resized = new ResizeObserver(correct);
    const changed = () => {
      correct();
      for (const row of element.querySelectorAll(rows)) {
        if (!watched.has(row)) resized.observe(row);
        watched.add(row);
      }
    };
    const mutated = new MutationObserver(changed);
    mutated.observe(element, { childList: true, subtree: true });
    element.addEventListener("scroll", hold, { passive: true });
    changed();
    return () => {
      mutated.disconnect();
      resized.disconnect();
      element.removeEventListener("scroll", hold);
    };
  }, [box, rows]);
}

/** Of rows one below the other, the first that begins at `top` or below it; else the last one, or undefined of none. */
function firstBelow(top, rows) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].getBoundingClientRect().top < top) low = middle + 1;
    else high = middle;
  }
  return rows[Math.min(low, rows.length - 1)];
}
