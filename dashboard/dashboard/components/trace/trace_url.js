// What of the page of a trace stands in its address: read, written, and nothing else kept. Pure functions.

export const VIEWS = ["tree", "chat", "transcript", "graph", "table", "raw"];
export const MODES = ["dim", "hide", "only"];

/**
 * The state in the search part of an address: view ("" is the one that fits the trace), span (an id), tab, zoom
 * ([left, right] of the axis or null), gaps and path (switches), find (text), mode, pick (which spans stand out: "errors",
 * "slow", "critical", "costly", "kind:…", "name:…", "span:ID,ID"), area ([from, to] in µs or null), by and sort (grouping and
 * order of the table).
 */
export function readTraceUrl(search) {
  const given = new URLSearchParams(search);
  const pair = (name) => {
    const [from, to] = (given.get(name) || "").split("~").map(Number);
    return Number.isFinite(from) && Number.isFinite(to) && from < to ? [from, to] : null;
  };
  const one = (name, allowed, fallback) => (allowed.includes(given.get(name)) ? given.get(name) : fallback);
  return {
    view: one("view", VIEWS, ""),
    span: /^[0-9a-f]{16}$/.test(given.get("span") || "") ? given.get("span") : null,
    tab: given.get("tab"),
    zoom: pair("zoom"),
    gaps: given.get("gaps") === "cut",
    path: given.get("path") === "on",
    find: given.get("find") || "",
    mode: one("mode", MODES, "dim"),
    pick: given.get("pick") || "",
    area: pair("area"),
    by: given.get("by") || "name",
    sort: given.get("sort") || "us",
  };
}

const rounded = ([from, to], digits) => `${Number(from.toFixed(digits))}~${Number(to.toFixed(digits))}`;

/** The search part for a state, "" when all is default. */
export function traceSearch(state) {
  const search = new URLSearchParams();
  const put = (name, value, fallback) => value && value !== fallback && search.set(name, value);
  put("view", state.view);
  put("span", state.span);
  put("tab", state.tab);
  put("zoom", state.zoom && (state.zoom[0] > 0 || state.zoom[1] < 1) && rounded(state.zoom, 7));
  put("gaps", state.gaps && "cut");
  put("path", state.path && "on");
  put("find", state.find);
  put("mode", state.mode, "dim");
  put("pick", state.pick);
  put("area", state.area && rounded(state.area, 0));
  put("by", state.by, "name");
  put("sort", state.sort, "us");
  const text = search.toString();
  return text && `?${text}`;
}
