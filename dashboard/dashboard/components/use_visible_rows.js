// Which rows of a long list are in sight, so that only they are in the document. All rows are of one height.
import { useLayoutEffect, useState } from "react";

const BEYOND = 8; // rows on both sides that are drawn too

/** `box`: ref of the scrolling element. Returns {first, last, top, onScroll}: rows first ≤ i < last are drawn; top in px. */
export function useVisibleRows(box, rowHeight, count) {
  const [view, setView] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = box.current;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const onScroll = (event) => {
    const { scrollTop } = event.currentTarget;
    setView((before) => (before.top === scrollTop ? before : { ...before, top: scrollTop }));
  };
  const first = Math.max(0, Math.floor(view.top / rowHeight) - BEYOND);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + BEYOND);
  return { first, last, top: view.top, onScroll };
}
