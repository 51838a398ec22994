// The line of a pattern (docs/api.md, Figures) cut into what can be drawn. Pure; the pieces together are the line.

const CUTS = /( → | ∥ |: |\(| ×n\)|\)|\[|\])/;
const KINDS = { " → ": "then", " ∥ ": "beside", ": ": "does", "(": "open", ")": "close", " ×n)": "loop", "[": "open", "]": "close" };

/**
 * The pieces in groups that stay together where a line ends: a step, before it what leads to it and what it opens, behind it
 * what it says of its inside and what it closes.
 */
export function groupsOf(pattern) {
  const groups = [];
  let hasStep = false;
  for (const piece of piecesOf(pattern)) {
    const isStep = /^(step|failed|running)$/.test(piece.kind);
    const leads = isStep || piece.kind === "then" || piece.kind === "beside" || piece.text === "(";
    if (!groups.length || (leads && hasStep)) {
      groups.push([]);
      hasStep = false;
    }
    groups.at(-1).push(piece);
    hasStep ||= isStep;
  }
  return groups;
}

/** [{kind, text}]: step, then, beside, does, open, close, loop, failed (✕), running (…). */
export function piecesOf(pattern) {
  const pieces = pattern.split(CUTS).filter(Boolean).map((text) => ({ kind: KINDS[text] || "step", text }));
  const last = pieces.at(-1);
  if (last?.kind === "step") last.kind = { "✕": "failed", "…": "running" }[last.text] || "step";
  return pieces;
}
