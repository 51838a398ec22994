// The keys of the list: moving, opening, peeking, marking.
import { copied } from "../shared/copying.js";
import { useKeys } from "../shared/keys.js";
import { rowMoves } from "./row_moves.js";
import { elementId } from "./trace_row.jsx";

/**
 * `rows` and the index `selected`; `actions` are select(index), open(trace), peek(trace or null), mark(trace), compare(), showNew(),
 * turnFacets(), tell(text), more() and clear(), which says whether there was something to clear.
 */
export function useListKeys({ rows, selected, peeked, marked, actions }) {
  const moves = rowMoves({
    rows, selected, elementId, isFailed: (trace) => trace.status === "error" || trace.error_count > 0,
    select: (index) => {
      actions.select(index);
      if (peeked) actions.peek(rows[index]);
    },
    more: actions.more,
  });
  const here = rows[selected];
  const copy = (text, what) => copied(text, what).then(actions.tell);
  const onHere = (act) => () => (here ? act(here) : false);
  useKeys({
    ...moves,
    r: actions.showNew,
    f: actions.turnFacets,
    x: onHere((trace) => actions.mark(trace)),
    "=": actions.compare,
    y: () => {
      const ids = marked.length ? marked : here ? [here.trace_id] : [];
      return ids.length ? copy(ids.join("\n"), ids.length === 1 ? `Id ${ids[0]}` : `${ids.length} ids`) : false;
    },
    Y: () => copy(window.location.href, "Link to this list"),
    Space: onHere((trace) => actions.peek(peeked === trace.trace_id ? null : trace)),
    Enter: onHere((trace) => actions.open(trace)),
    Escape: actions.clear,
  });
}
