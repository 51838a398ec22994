// What the mouse does in the timeline: Ctrl and the wheel zoom at the cursor, Shift and a drag pan, a drag on the ruler
// zooms, a drag among the bars marks an area, a double click fits a bar, or all.
import { useEffect, useRef, useState } from "react";
import { fitting, panned, zoomed } from "./axis.js";
import { follow } from "../shared/drag.js";

const WHEEL = 0.0022;
const DRAG_PX = 4; // less is a click

/** Returns {drag: {what, from, to} in shares of the window or null, needle (share or null), onRuler, onGrid}. */
export function useTimelineMouse({ box, ruler, axis, zoom, setZoom, tree, change }) {
  const [drag, setDrag] = useState(null);
  const [needle, setNeedle] = useState(null);
  const now = useRef({});
  now.current = { zoom, axis, tree };

  /** The share of the timeline's width at which an event happened, null when it is beside it. */
  const shareOf = (event) => {
    const area = ruler.current.getBoundingClientRect();
    const share = (event.clientX - area.left) / area.width;
    return share < -0.02 || share > 1.02 ? null : Math.min(1, Math.max(0, share));
  };

  useEffect(() => {
    const element = box.current;
    const wheel = (event) => {
      const at = shareOf(event);
      if (at == null) return;
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (event.ctrlKey || event.metaKey) setZoom(zoomed(now.current.zoom, Math.exp(event.deltaY * WHEEL), at));
      else if (sideways) setZoom(panned(now.current.zoom, event.deltaX / ruler.current.clientWidth));
      else return;
      event.preventDefault();
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [box, ruler, setZoom]);

  const begin = (event, what) => {
    const from = shareOf(event);
    if (from == null || event.button !== 0) return;
    const startX = event.clientX;
    const startZoom = now.current.zoom;
    const width = ruler.current.clientWidth;
    if (what === "pan") event.preventDefault();
    let to = from;
    const move = (at) => {
      to = shareOf(at) ?? (at.clientX < startX ? 0 : 1);
      if (what === "pan") setZoom(panned(startZoom, (startX - at.clientX) / width));
      else if (Math.abs(at.clientX - startX) >= DRAG_PX) setDrag({ what, from, to });
    };
    const end = (released) => {
      setDrag(null);
      if (!released || what === "pan" || Math.abs(to - from) * width < DRAG_PX) return;
      const { zoom: [left, right], axis: scale } = now.current;
      const places = [Math.min(from, to), Math.max(from, to)].map((share) => left + (right - left) * share);
      if (what === "zoom") setZoom(places);
      else change({ area: places.map((place) => Math.round(scale.time(place))) });
    };
    follow(move, end);
  };

  return {
    drag,
    needle,
    onRuler: {
      onPointerDown: (event) => {
        event.stopPropagation();
        begin(event, event.shiftKey ? "pan" : "zoom");
      },
      onDoubleClick: () => setZoom(null),
    },
    onGrid: {
      onPointerDown: (event) => begin(event, event.shiftKey ? "pan" : "area"),
      onPointerMove: (event) => setNeedle(shareOf(event)),
      onPointerLeave: () => setNeedle(null),
      onDoubleClick: (event) => {
        if (shareOf(event) == null || event.target.closest(".g-name")) return;
        const row = event.target.closest(".bar") && event.target.closest("[data-span]");
        if (row) setZoom(fitting(now.current.tree, now.current.axis, Number(row.dataset.span)));
        else change({ zoom: null, area: null });
      },
    },
  };
}
