// The width of the column of names: dragged or moved by the arrow keys, kept for the next time.
import { useState } from "react";
import { follow } from "../shared/drag.js";

const KEY = "llm-tracer-name-width";
const LEAST = 180;
const BAR_LEAST = 120;

function kept() {
  try {
    const width = Number(localStorage.getItem(KEY));
    return width >= LEAST ? width : null;
  } catch {
    return null; // a browser that keeps nothing has the width of the sheet
  }
}

/** {style, handle}: the style of the grid, and the handle that changes it. */
export function useNameWidth(box) {
  const [width, setWidth] = useState(kept);
  const set = (wanted) => {
    const next = wanted == null ? null : Math.round(Math.max(LEAST, Math.min(wanted, (box.current?.clientWidth || 900) - BAR_LEAST - 180)));
    setWidth(next);
    try {
      if (next == null) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, String(next));
    } catch {
      // it holds as long as the page
    }
  };
  const now = () => width ?? box.current?.querySelector(".g-name")?.clientWidth ?? LEAST;
  const drag = (event) => {
    event.preventDefault();
    event.stopPropagation();
    const from = event.clientX;
    const before = now();
    follow((at) => set(before + at.clientX - from));
  };
  const onKeyDown = (event) => {
    const by = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    set(now() + by);
  };
  return {
    style: width == null ? undefined : { "--names": `${width}px` },
    handle: (
      <span className="name-handle" role="separator" aria-orientation="vertical" aria-label="Width of the names" aria-valuenow={Math.round(width ?? 0)} tabIndex={0}
        onPointerDown={drag} onKeyDown={onKeyDown} onDoubleClick={() => set(null)} title="Drag to change the width; double-click to reset" />
    ),
  };
}
