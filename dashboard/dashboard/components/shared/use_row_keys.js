// The keys of a page of rows: Tab leads to one of them, j and k go from row to row, Enter opens what the row leads to.
import { useKeys } from "./keys.js";
import { useRowStops } from "./use_row_stops.js";

const rowsOf = () => [...document.querySelectorAll("#page [data-row]")].filter((row) => row.getClientRects().length > 0);

/** Rows are elements with `data-row` and tabIndex −1; the link that Enter follows has `data-opens`. `more`: further keys. */
export function useRowKeys(more = {}) {
  const here = () => document.activeElement?.closest("[data-row]");
  const move = (to) => {
    const rows = rowsOf();
    if (!rows.length) return false;
    const row = rows[Math.max(0, Math.min(rows.length - 1, to(rows.indexOf(here()), rows)))];
    row.focus();
    row.scrollIntoView({ block: "nearest" });
    return undefined;
  };
  useRowStops();
  const next = () => move((at) => at + 1);
  const previous = () => move((at) => at - 1);
  useKeys({
    j: next, ArrowDown: next, k: previous, ArrowUp: previous,
    Home: () => move(() => 0), End: () => move((_, rows) => rows.length - 1),
    Enter: () => {
      const link = here()?.querySelector("[data-opens]");
      if (!link) return false;
      link.click();
      return undefined;
    },
    Escape: () => {
      if (!here()) return false;
      document.activeElement.blur();
      return undefined;
    },
    ...more,
  });
}
