// Across a bar that is far beyond all others: it is higher than the drawing.

const GAP_PX = 5;

/** In a drawing of slots of width 1 and height 1, which is `heightPx` high, for the bar in slot `i`. */
export function BreakMark({ i, heightPx }) {
  const gap = GAP_PX / heightPx;
  return <path className="break-mark" d={`M${i} ${3.5 * gap}l1 ${-1.5 * gap}v${gap}l-1 ${1.5 * gap}z`} />;
}
