// Keys that work anywhere on the page, except while somebody writes.
import { useEffect, useRef } from "react";

const SCROLLS = /^(Arrow|Page|Home|End|Space)/;
const WRITES = /^(INPUT|TEXTAREA|SELECT)$/;

/** The name of a key press: "j", "E" (with shift), "ArrowDown", "Escape". Null when it is not for us. */
function keyName(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return null;
  return event.key === " " ? "Space" : event.key;
}

/** Whether a key press is for the page: nobody writes, nothing modal is open. */
export function isForKeys(event) {
  if (event.defaultPrevented || keyName(event) === null) return false;
  if (WRITES.test(event.target.tagName) || event.target.isContentEditable) return false;
  return !document.querySelector("dialog[open]");
}

/**
 * Call `map[key](event)` for keys pressed outside of inputs. A handler that returns false did not use the key.
 * Enter and Space belong to a focused button or link.
 */
export function useKeys(map) {
  const current = useRef(map);
  current.current = map;
  useEffect(() => {
    const listener = (event) => {
      if (!isForKeys(event)) return;
      const name = keyName(event);
      // A focused text scrolls and a focused row of tabs moves by itself.
      if (SCROLLS.test(name) && event.target.closest?.("[data-own-keys]")) return;
      if ((name === "Enter" || name === "Space") && /^(BUTTON|A|SUMMARY)$/.test(event.target.tagName)) return;
      const handler = current.current[name];
      if (!handler || handler(event) === false) return;
      event.preventDefault();
      // Who moves by keys has left the button clicked before; Enter now means the selected row.
      if (/^(BUTTON|A)$/.test(document.activeElement?.tagName)) document.activeElement.blur();
    };
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
