// The keys of the list: moving, opening, peeking, marking.
import { copyText } from "./parts.jsx";
import { useKeys } from "./keys.js";

const PAGE = 15;

/**
 * `rows` and the index `selected`; `actions` are select(index), open(trace), peek(trace or null), mark(trace), showNew(),
 * turnFacets(), tell(text), more() and clear(), which says whether there was something to clear.
 */
export function useListKeys({ rows, selected, peeked, marked, actions }) {
  const move = (index) => {
    if (!rows.length) return;
    const to = Math.max(0, Math.min(rows.length - 1, index));
    actions.select(to);
    if (peeked) actions.peek(rows[to]);
    if (to === rows.length - 1) actions.more();
    document.getElementById(`t-${rows[to].trace_id}`)?.scrollIntoView({ block: "nearest" });
  };
  const jump = (step) => {
    for (let i = selected + step; i >= 0 && i < rows.length; i += step) {
      if (rows[i].status === "error" || rows[i].error_count > 0) {
        move(i);
        return;
      }
    }
  };
  const here = rows[selected];
  const copied = (text, told) => copyText(text).then(() => actions.tell(told));
  const next = () => move(selected + 1);
  const previous = () => move(selected < 0 ? 0 : selected - 1);
  const onHere = (act) => () => (here ? act(here) : false);
  useKeys({
    j: next,
    J: next,
    ArrowDown: next,
    k: previous,
    K: previous,
    ArrowUp: previous,
    Home: () => move(0),
    End: () => move(rows.length - 1),
    PageDown: () => move(selected + PAGE),
    PageUp: () => move(selected - PAGE),
    e: () => jump(1),
    E: () => jump(-1),
    r: actions.showNew,
    f: actions.turnFacets,
    x: onHere((trace) => actions.mark(trace)),
    y: () => {
      const ids = marked.length ? marked : here ? [here.trace_id] : [];
      return ids.length ? copied(ids.join("\n"), ids.length === 1 ? `Id ${ids[0]} copied` : `${ids.length} ids copied`) : false;
    },
    Y: () => copied(window.location.href, "Link to this list copied"),
    Space: onHere((trace) => actions.peek(peeked === trace.trace_id ? null : trace)),
    Enter: onHere((trace) => actions.open(trace)),
    Escape: actions.clear,
  });
}
