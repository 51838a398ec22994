// The line of a pattern (docs/api.md, Figures) cut into what can be drawn. Pure; the pieces together are the line.

const CUTS = /( → | ∥ |: |\(| ×n\)|\)|\[|\])/;
const KINDS = { " → ": "then", " ∥ ": "beside", ": ": "does", "(": "open", ")": "close", " ×n)": "loop", "[": "open", "]": "close" };

/** [{kind, text}]: step, then, beside, does, open, close, loop, failed (✕), running (…). */
export function piecesOf(pattern) {
  const pieces = pattern.split(CUTS).filter(Boolean).map((text) => ({ kind: KINDS[text] || "step", text }));
  const last = pieces.at(-1);
  if (last?.kind === "step") last.kind = { "✕": "failed", "…": "running" }[last.text] || "step";
  return pieces;
}
