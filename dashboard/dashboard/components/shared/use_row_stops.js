// One row of each table is in the order of Tab, so that what stands after hundreds of rows is reached still.
import { useEffect } from "react";

/**
 * Tab leads to the row of a table that had the focus last, at first to its first one, and on to the links of that row; the
 * others are left to j and k. Rows are elements with `data-row` in a table.
 */
export function useRowStops() {
  useEffect(() => {
    const page = document.getElementById("page");
    const stops = new WeakMap(); // the row of a table that had the focus last
    const settle = (table) => {
      const rows = [...table.querySelectorAll("[data-row]")];
      const stop = rows.includes(stops.get(table)) ? stops.get(table) : rows[0];
      for (const row of rows) {
        for (const part of [row, ...row.querySelectorAll("a, button")]) part.tabIndex = row === stop ? 0 : -1;
      }
    };
    const settleAll = () => page.querySelectorAll("table").forEach(settle);
    const onFocus = ({ target }) => {
      const row = target.closest("table [data-row]");
      if (!row) return;
      const table = row.closest("table");
      stops.set(table, row);
      settle(table);
    };
    settleAll();
    const observer = new MutationObserver(settleAll);
    observer.observe(page, { childList: true, subtree: true });
    page.addEventListener("focusin", onFocus);
    return () => {
      observer.disconnect();
      page.removeEventListener("focusin", onFocus);
    };
  }, []);
}
