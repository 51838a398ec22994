// What the row of a folded run says beside its name. Pure.
import { rowPreview } from "../content/row_preview.js";

const RUN_TEXTS_MAX = 8; // more than fit into a row

/** What the spans of a run say, each once, as far as a row has room; "" where none says anything. */
export function runPreview(tree, { first, end }) {
  const said = new Set();
  for (let i = first; i < end && said.size < RUN_TEXTS_MAX; i += 1) if (tree.previews[i]) said.add(rowPreview(tree.previews[i]));
  return [...said].join(" · ");
}
