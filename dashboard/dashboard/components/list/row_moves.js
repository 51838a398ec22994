// The keys that move among the rows of a list.

const PAGE = 15;

/**
 * Keys and what they do, for useKeys. `elementId(row)` names the row's element; `select(index)` selects; `isFailed(row)`
 * says where `e` stops; `more()` is called at the last row. `block` says where the row comes to stand.
 */
export function rowMoves({ rows, selected, elementId, isFailed, select, more, block = "nearest" }) {
  const move = (index) => {
    if (!rows.length) return;
    const to = Math.max(0, Math.min(rows.length - 1, index));
    select(to);
    if (to === rows.length - 1) more();
    document.getElementById(elementId(rows[to]))?.scrollIntoView({ block });
  };
  const jump = (step) => {
    for (let i = selected + step; i >= 0 && i < rows.length; i += step) {
      if (isFailed(rows[i])) {
        move(i);
        return;
      }
    }
  };
  const next = () => move(selected + 1);
  const previous = () => move(selected < 0 ? 0 : selected - 1);
  return {
    j: next, ArrowDown: next, k: previous, ArrowUp: previous,
    Home: () => move(0), End: () => move(rows.length - 1), PageDown: () => move(selected + PAGE), PageUp: () => move(selected - PAGE),
    e: () => jump(1), E: () => jump(-1),
  };
}
