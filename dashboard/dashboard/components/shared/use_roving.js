// Many buttons as one Tab stop (roving tabindex): Tab leads to the one that was left last, the arrows to the others.
import { useEffect, useRef } from "react";
import { stopAt } from "./roving.js";

/**
 * Properties for the element around the buttons. A button is one of them by `data-stop`, "head" where a group begins, and
 * has tabIndex −1 of its own. The focus stays at its place where the focused button goes away. While the focus is elsewhere,
 * Tab leads to the one that is `aria-current`, if there is one.
 */
export function useRoving() {
  const box = useRef(null);
  const stop = useRef(null);
  const place = useRef({ at: 0, isFocused: false });
  const stops = () => [...box.current.querySelectorAll("[data-stop]")];

  const stopHere = (button) => {
    if (stop.current) stop.current.tabIndex = -1;
    button.tabIndex = 0;
    stop.current = button;
    place.current.at = stops().indexOf(button);
  };
  const settle = () => {
    const all = stops();
    const chosen = all.find((button) => button.getAttribute("aria-current") === "true");
    if (chosen && !place.current.isFocused) stopHere(chosen);
    const held = all.indexOf(stop.current);
    if (held >= 0) place.current.at = held;
    else if (all.length) {
      stopHere(all[Math.min(place.current.at, all.length - 1)]);
      if (place.current.isFocused && document.activeElement === document.body) stop.current.focus();
    }
  };
  useEffect(() => {
    settle();
    const observer = new MutationObserver(settle);
    observer.observe(box.current, { childList: true, subtree: true, attributeFilter: ["aria-current"] });
    return () => observer.disconnect();
  }, []);

  const onFocus = ({ target }) => {
    if (!target.matches("[data-stop]")) return;
    stopHere(target);
    place.current.isFocused = true;
  };
  const onBlur = ({ currentTarget, relatedTarget }) => {
    place.current.isFocused = currentTarget.contains(relatedTarget);
  };
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const all = stops();
    const heads = all.flatMap((button, i) => (button.dataset.stop === "head" ? [i] : []));
    const to = stopAt(event.key, all.indexOf(event.target), heads, all.length);
    if (to === undefined) return;
    event.preventDefault();
    all[to].focus();
  };
  return { ref: box, "data-own-keys": "", onFocus, onBlur, onKeyDown };
}
