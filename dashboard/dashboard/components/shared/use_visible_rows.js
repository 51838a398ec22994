// Which rows of a long list are in sight, so that only they are in the document. All rows are of one height.
import { useLayoutEffect, useState } from "react";

const AHEAD = 8; // rows that are drawn beyond what is in sight, where one scrolls to
const BEHIND = 2; // and where one comes from

/**
 * `box`: ref of the scrolling element. Returns {first, last, top, places, onScroll}: rows first ≤ i < last are drawn; top in
 * px. `places` are those rows in an order that scrolling does not change: the row at place p is i with i ≡ p (mod their
 * number), or -1. A row drawn with its place as its key takes over the elements of one that went out of sight. Their number
 * stays the same while one scrolls, so that none is made or thrown away.
 */
export function useVisibleRows(box, rowHeight, count) {
  const [view, setView] = useState({ top: 0, height: 800, down: true });
  useLayoutEffect(() => {
    const element = box.current;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight, down: true });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const onScroll = (event) => {
    const { scrollTop } = event.currentTarget;
    setView((before) => (before.top === scrollTop ? before : { ...before, top: scrollTop, down: scrollTop > before.top }));
  };
  const number = Math.ceil(view.height / rowHeight) + 1 + AHEAD + BEHIND;
  const start = Math.floor(view.top / rowHeight) - (view.down ? BEHIND : AHEAD);
  const first = Math.max(0, Math.min(start, count - number));
  const last = Math.min(count, first + number);
  return { first, last, top: view.top, places: placesOf(first, last, number), onScroll };
}

function placesOf(first, last, number) {
  const places = new Array(number).fill(-1);
  for (let row = first; row < last; row += 1) places[row % number] = row;
  return places;
}
