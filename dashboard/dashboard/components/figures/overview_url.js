// What the overview asks the API, and by what it breaks figures down: a part of its address. Pure functions.
import { before } from "./figure_links.js";
import { selection } from "../question/list_url.js";
import { orderParams } from "../question/order.js";
import { momentsOf } from "../question/time_range.js";

/** [field, heading]; those of one trace have its errors, the others are counted by their spans. */
export const FIELDS = [
  ["model", "Model"], ["tool", "Tool"], ["agent", "Agent"], ["user", "User"], ["tag", "Tag"], ["name", "Name"],
  ["provider", "Provider"], ["service", "Service"], ["env", "Environment"], ["release", "Release"],
];
export const OF_TRACES = ["user", "tag", "env", "release", "session"];

/** The field of an address's search part. */
export function fieldOf(search) {
  const by = new URLSearchParams(search).get("by");
  return FIELDS.some(([field]) => field === by) ? by : "model";
}

/** The orders of figures by value: [id of the API, head of its column]. */
export const ORDERS = [["-cost", "Cost"], ["-tokens", "Tokens"], ["-duration_ms", "p95"], ["-errors", "Errors"], ["-traces", "Traces"]];

/** The parameters of the address that are the overview's own. */
export const ownParams = (search) => [...(fieldOf(search) === "model" ? [] : [["by", fieldOf(search)]]), ...orderParams(ORDERS)(search)];

const ROWS = "8";
const LEADERS = "5"; // so that what stands out and the charts are seen at once
const ROWS_BEFORE = "200"; // of the time before, in which the same values may stand further down

const DAY_MS = 86_400_000;

/** The width of a column: a day where the range has weeks of them, since the store keeps figures by value for whole days. */
function widthOf(question, now) {
  const [from, to] = momentsOf(question, now);
  const days = from == null ? 0 : (to - from) / DAY_MS;
  return days >= 20 && days <= 120 ? "1d" : "auto";
}

function asking(question, params, what = "stats") {
  const search = selection(question);
  for (const [name, value] of Object.entries(params)) search.set(name, value);
  return `/ui-api/${what}?${search}`;
}

/** All kinds of failure that are listed, most frequent first. */
export const failuresPath = (question) => asking(question, { sort: "-errors", limit: ROWS_BEFORE }, "errors");

/**
 * The paths to ask, whatever is shown, and `scores` where `scored` has some. `earlier` and `namesEarlier` are null for all time,
 * `ordered` (the rows by value) unless they are in another order than the one of `main`, by whose values the chart of cost is
 * coloured.
 */
export function pathsOf(question, { field, order }, now) {
  const group = (by, sort) => asking(question, { group_by: by, sort, limit: LEADERS });
  const rows = (sort) => asking(question, { bucket: widthOf(question, now), group_by: field, sort, limit: ROWS });
  const earlier = before(question, now, momentsOf);
  return {
    main: rows("-cost"),
    ordered: order === "-cost" ? null : rows(order),
    failures: asking(question, { sort: "-errors", limit: LEADERS }, "errors"),
    names: group("name", "-duration_ms"),
    sessions: group("session", "-cost"),
    tools: group("failed_tool", "-errors"),
    earlier: earlier && asking(earlier, { group_by: field, sort: order, limit: ROWS_BEFORE }),
    namesEarlier: earlier && asking(earlier, { group_by: "name", sort: "-duration_ms", limit: ROWS_BEFORE }),
    scored: asking(question, { fields: "score", limit: "1" }, "facets"),
    scores: asking(question, {}, "scores"),
  };
}
