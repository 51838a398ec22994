// Which rows of a long list are in sight, so that only they are in the document. All rows are of one height.
import { useLayoutEffect, useState } from "react";

const BEYOND = 8; // rows on both sides that are drawn too

/**
 * `box`: ref of the scrolling element. Returns {first, last, top, places, onScroll}: rows first ≤ i < last are drawn; top in
 * px. `places` are those rows in an order that scrolling does not change: the row at place p is i with i ≡ p (mod their
 * number), or -1. A row drawn with its place as its key takes over the elements of one that went out of sight.
 */
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
  return { first, last, top: view.top, places: placesOf(first, last, Math.ceil(view.height / rowHeight) + 2 * BEYOND + 1), onScroll };
}

function placesOf(first, last, number) {
  const places = new Array(number).fill(-1);
  for (let row = first; row < last; row += 1) places[row % number] = row;
  return places;
}
