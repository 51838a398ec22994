// Two panes and a bar between them that can be dragged, or moved by the arrow keys. Stacks when the page is narrow.
import { useRef, useState } from "react";
import { follow } from "./drag.js";

const remember = (name, share) => {
  try {
    localStorage.setItem(`llm-tracer-split-${name}`, String(share));
  } catch {
    // a browser that keeps nothing still has its splitter
  }
};

const recall = (name, start) => {
  try {
    const share = Number(localStorage.getItem(`llm-tracer-split-${name}`));
    return share > 0.1 && share < 0.9 ? share : start;
  } catch {
    return start;
  }
};

/** `start`: the first pane's share of the width. `min`: pixels that each pane keeps. */
export function Splitter({ name, start, min, first, second }) {
  const [share, setShare] = useState(() => recall(name, start));
  const box = useRef(null);
  const set = (value) => {
    const least = Math.min(0.45, min / (box.current?.clientWidth || 1000));
    const next = Math.max(least, Math.min(1 - least, value));
    setShare(next);
    remember(name, next);
  };
  const drag = (event) => {
    event.currentTarget.setPointerCapture(event.pointerId); // its cursor stays, wherever the pointer is
    follow((at) => {
      const area = box.current.getBoundingClientRect();
      set((at.clientX - area.left) / area.width);
    });
  };
  const onKeyDown = (event) => {
    const by = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
    if (!by) return;
    event.preventDefault();
    set(share + by);
  };
  return (
    <div className="split" ref={box} style={{ "--share": `${share * 100}%` }}>
      {first}
      <div className="split-bar" role="separator" aria-orientation="vertical" aria-label="Width of the panes"
        aria-valuenow={Math.round(share * 100)} aria-valuemin={10} aria-valuemax={90} tabIndex={0}
        onPointerDown={drag} onKeyDown={onKeyDown} onDoubleClick={() => set(start)} />
      {second}
    </div>
  );
}
