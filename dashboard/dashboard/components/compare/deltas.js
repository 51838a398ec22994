// How a difference of two figures is written. Pure functions.

const SAME = 0.005; // of the figure: less is no difference that anybody sees

/** A signed difference: "+1.2 s", "−340", "±0". */
export function signed(delta, text) {
  if (delta == null) return "–";
  if (delta === 0) return "±0";
  return text(Math.abs(delta)).replace(/^<?/, (least) => `${least}${delta > 0 ? "+" : "−"}`);
}

/** By how much, in words: "+31 %", "2.4 ×"; "" when there is nothing to compare with or nothing to tell. */
export function ratio({ a, b }) {
  if (!a || b == null || Math.abs(b - a) < SAME * a) return "";
  return b >= 2 * a ? `${(b / a).toFixed(b < 10 * a ? 1 : 0)} ×` : `${b > a ? "+" : "−"}${Math.round((100 * Math.abs(b - a)) / a)} %`;
}
