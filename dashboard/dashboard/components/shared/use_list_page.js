// Small states of the page of the list that are not in its address.
import { useEffect, useLayoutEffect, useRef, useState } from "react";

/** The live counter as the page is to hear it: it stands still while the list is paused or nobody can see it. */
export function useHeard(version, live) {
  const [visible, setVisible] = useState(() => !document.hidden);
  useEffect(() => {
    const listener = () => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", listener);
    return () => document.removeEventListener("visibilitychange", listener);
  }, []);
  const heard = useRef("");
  if (live && visible) heard.current = version;
  return heard.current;
}

// Where the eye was in the lists that were left, by name, so that Back finds the same place: {key, selected, top}.
const places = new Map();

/**
 * [selected, select, scrolled] of the list `name`, which stands in `body` (ref of the scrolling element): the index of the
 * selected row, or -1, and what is to be told when it was scrolled, in px. Another question, named by `key`, begins at its top.
 */
export function usePlace(name, key, body) {
  const placeOf = () => (places.get(name)?.key === key ? places.get(name) : { selected: -1, top: 0 });
  const [selected, select] = useState(() => placeOf().selected);
  const here = useRef(null);
  here.current = { top: placeOf().top, ...here.current, key, selected };
  useLayoutEffect(() => {
    // Before the first paint after Back.
    const { selected: row, top } = placeOf();
    if (body.current) body.current.scrollTop = top;
    select(row);
    places.delete(name);
  }, [key]);
  useEffect(() => () => { places.set(name, here.current); }, []);
  return [selected, select, (top) => { here.current.top = top; }];
}

const NOTICE_MS = 1600;

/** [text, tell]: what was told a moment ago, "" after it. */
export function useNotice() {
  const [text, setText] = useState("");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const tell = (told) => {
    setText(told);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setText(""), NOTICE_MS);
  };
  return [text, tell];
}

const FACETS_KEY = "llm-tracer-facets-open";
const NARROW = "(max-width: 1000px)";

/** [open, turn]: whether the facets are shown; at first where there is room for them. */
export function useFacetsOpen() {
  const [open, setOpen] = useState(() => {
    try {
      const kept = localStorage.getItem(FACETS_KEY);
      if (kept) return kept === "yes";
    } catch {
      // as at first, then
    }
    return !window.matchMedia(NARROW).matches;
  });
  const turn = () => {
    setOpen(!open);
    try {
      localStorage.setItem(FACETS_KEY, open ? "no" : "yes");
    } catch {
      // it holds as long as the page
    }
  };
  return [open, turn];
}

/** [ref, width]: the width in px of the element that gets the ref; 0 before it is there. */
export function useWidth() {
  const [element, setElement] = useState(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width];
}
