// The pages of the rail, with their keys. One line here and one in dashboard.py make a page. Pure functions.
import { ALL, listSearch, readList } from "../question/list_url.js";

/** `key` follows a `g`. A page that `asks` is about a question: it keeps the query and the time range of its address. */
export const PAGES = [
  { id: "traces", title: "Traces", path: "/", key: "t", asks: true },
  { id: "sessions", title: "Sessions", path: "/sessions", key: "s", asks: true },
  { id: "spans", title: "Spans", path: "/spans", key: "n", asks: true },
  { id: "overview", title: "Overview", path: "/overview", key: "o", asks: true },
  { id: "errors", title: "Errors", path: "/errors", key: "e", asks: true },
  { id: "patterns", title: "Patterns", path: "/patterns", key: "p", asks: true },
  { id: "compare", title: "Compare", path: "/compare", key: "c", asks: false },
  { id: "ingest", title: "Ingest", path: "/ingest", key: "i", asks: false },
  { id: "settings", title: "Settings", path: "/settings", key: ",", asks: false },
];

/** The page of the rail that stands at an address' path; undefined for all others, such as one trace. */
export function pageAt(pathname) {
  const bare = pathname.replace(/\/+$/, "") || "/";
  return PAGES.find(({ path }) => path === bare || (path === "/" && bare === "/traces"));
}

/** The address of a page, with the question that was asked last. Only the list has an order and something peeked at. */
export function pagePath(page, search) {
  if (!page.asks) return page.path;
  return page.path + listSearch(page.id === "traces" ? readList(search) : { ...readList(search), sort: ALL.sort, peek: ALL.peek });
}
