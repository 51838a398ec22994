// A drag: the pointer is followed until it is let go, also outside of where it began.

/** `move(event)` at each step; `end(event)` where it is let go, `end(null)` where the browser took the drag away. */
export function follow(move, end = () => {}) {
  const stop = (event) => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", stop);
    window.removeEventListener("pointercancel", stop);
    document.removeEventListener("selectstart", selectNothing);
    end(event.type === "pointerup" ? event : null);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", stop);
  window.addEventListener("pointercancel", stop);
  document.addEventListener("selectstart", selectNothing);
}

/** No text that a drag passes is selected; WebKit would select it even where the drag began on what cannot be selected. */
const selectNothing = (event) => event.preventDefault();
