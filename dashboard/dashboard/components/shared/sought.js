// What one searches for in a trace, within the content of a span: what hides it is opened, each place of it is lit, and the first
// is brought in sight.
import { createContext, useContext, useEffect } from "react";

const LIT_MAX = 1000; // places
const HIGHLIGHT = "sought"; // its name in the style sheet

/** The text, in lower case; empty for none. */
export const Sought = createContext("");

/** A function that says whether a text, or any text in a value, has what is searched for; it has nothing while there is no search. */
export function useSought() {
  const sought = useContext(Sought);
  return (value) => sought !== "" && value != null && (typeof value === "string" ? value : JSON.stringify(value)).toLowerCase().includes(sought);
}

/** Lights what is searched for in `box` (a ref), as far as the browser can; `shown` is another value when `box` shows something else. */
export function useLit(box, shown) {
  const sought = useContext(Sought);
  useEffect(() => {
    if (!sought || !globalThis.CSS?.highlights) return undefined;
    const element = box.current;
    let frame = 0;
    let isInSight = false;
    const light = () => {
      frame = 0;
      const places = placesOf(element, sought);
      CSS.highlights.set(HIGHLIGHT, new Highlight(...places));
      if (places.length > 0 && !isInSight) bringInSight(element, places[0]);
      isInSight ||= places.length > 0;
    };
    const soon = () => { frame ||= requestAnimationFrame(light); };
    const observer = new MutationObserver(soon);
    observer.observe(element, { childList: true, subtree: true, characterData: true });
    soon();
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(HIGHLIGHT);
    };
  }, [box, sought, shown]);
}

function placesOf(element, sought) {
  const places = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() && places.length < LIT_MAX) {
    const node = walker.currentNode;
    const text = node.data.toLowerCase();
    if (text.length !== node.data.length) continue; // letters that lower case makes longer: their places are others
    for (let at = text.indexOf(sought); at >= 0 && places.length < LIT_MAX; at = text.indexOf(sought, at + sought.length)) {
      const place = new Range();
      place.setStart(node, at);
      place.setEnd(node, at + sought.length);
      places.push(place);
    }
  }
  return places;
}

function bringInSight(element, place) {
  const box = element.getBoundingClientRect();
  const { top, bottom } = place.getBoundingClientRect();
  if (top < box.top || bottom > box.bottom) element.scrollTop += top - box.top - box.height / 3;
}
