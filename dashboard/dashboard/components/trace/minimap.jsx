// The whole trace in a strip, and the window of it that the timeline shows. Drawn on a canvas: it holds every span.
import { useEffect, useRef, useState } from "react";
import { WHOLE, endOf, held, panned } from "./axis.js";
import { follow } from "../shared/drag.js";
import { kindClass } from "../shared/icons.jsx";
import { ERROR, kindOf } from "./tree.js";

const HEIGHT = 40;
const GRIP_PX = 6;
const WORTH = 8; // fewer spans are seen at once anyway
const NEARLY_ALL = 0.97; // of the time

export function Minimap({ tree, axis, zoom, setZoom, selected }) {
  const box = useRef(null);
  const [width, setWidth] = useState(0);
  const useful = tree.n >= WORTH;
  useEffect(() => {
    if (!useful) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry.target.clientWidth));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [useful]);
  if (!useful) return null;

  const shareOf = (event) => {
    const area = box.current.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - area.left) / area.width));
  };
  /** Drag an edge, the window, or a new one. */
  const begin = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const from = shareOf(event);
    const [left, right] = zoom;
    const grip = GRIP_PX / width;
    const isWhole = left <= 0 && right >= 1;
    let change = (to) => (Math.abs(to - from) * width > 3 ? held(Math.min(from, to), Math.max(from, to)) : zoom);
    if (!isWhole && Math.abs(from - left) < grip) change = (to) => held(Math.min(to, right - 1e-6), right);
    else if (!isWhole && Math.abs(from - right) < grip) change = (to) => held(left, Math.max(to, left + 1e-6));
    else if (!isWhole && from > left && from < right) change = (to) => panned(zoom, (to - from) / (right - left));
    follow((at) => setZoom(change(shareOf(at))));
  };
  const isWhole = zoom[0] <= WHOLE[0] && zoom[1] >= WHOLE[1];
  const mark = selected < 0 ? null : [axis.place(tree.start_us[selected]), axis.place(endOf(tree, selected))];
  const isMarked = mark && mark[1] - mark[0] < NEARLY_ALL; // a mark on everything says nothing
  return (
    <div className="minimap" ref={box} style={{ height: HEIGHT }} onPointerDown={begin} onDoubleClick={() => setZoom(null)}
      role="img" aria-label="The whole trace; drag to choose what the timeline shows" title="Drag to zoom, drag the window to move it, double-click to show everything">
      <Strip tree={tree} axis={axis} width={width} />
      {isMarked && <i className="mini-selected" style={{ left: `${100 * mark[0]}%`, width: `max(3px, ${100 * (mark[1] - mark[0])}%)` }} />}
      {!isWhole && (
        <>
          <i className="mini-out" style={{ left: 0, width: `${100 * zoom[0]}%` }} />
          <i className="mini-out" style={{ right: 0, width: `${100 * (1 - zoom[1])}%` }} />
          <i className="mini-window" style={{ left: `${100 * zoom[0]}%`, width: `${100 * (zoom[1] - zoom[0])}%` }} />
        </>
      )}
    </div>
  );
}

/** Every span as a line of its own height; what failed is drawn last, so that it is never covered. */
export function Strip({ tree, axis, width }) {
  const canvas = useRef(null);
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme((n) => n + 1));
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!width) return;
    const scale = window.devicePixelRatio || 1;
    const element = canvas.current;
    element.width = width * scale;
    element.height = HEIGHT * scale;
    const context = element.getContext("2d");
    context.scale(scale, scale);
    const colours = coloursOf(element, tree);
    const line = Math.max(1, Math.min(5, (HEIGHT - 6) / tree.n - 0.5));
    const draw = (i) => {
      const left = axis.place(tree.start_us[i]) * width;
      const right = axis.place(endOf(tree, i)) * width;
      context.fillRect(left, 3 + ((HEIGHT - 6 - line) * i) / Math.max(1, tree.n - 1), Math.max(1, right - left), line);
    };
    for (let i = 0; i < tree.n; i += 1) {
      if (tree.status[i] === ERROR) continue;
      context.fillStyle = colours.kinds[tree.kind[i]];
      draw(i);
    }
    context.fillStyle = colours.error;
    for (let i = 0; i < tree.n; i += 1) if (tree.status[i] === ERROR) draw(i);
  }, [tree, axis, width, theme]);
  return <canvas ref={canvas} style={{ width: "100%", height: HEIGHT }} aria-hidden="true" />;
}

/** The colours of the sheet, by the numbers of the kinds. */
function coloursOf(element, tree) {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const first = new Map();
  for (let i = 0; i < tree.n && first.size < tree.kinds.length; i += 1) if (!first.has(tree.kind[i])) first.set(tree.kind[i], kindOf(tree, i));
  return {
    kinds: tree.kinds.map((_, at) => colour(kindClass(first.get(at) || "other").slice(2)) || colour("other")),
    error: colour("err"),
  };
}
