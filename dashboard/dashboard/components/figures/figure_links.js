// Where a figure leads: to the list of exactly the traces, or spans, that it counts. Pure functions; times in ms.
import { listPath } from "../question/list_url.js";
import { narrowed } from "../question/query_text.js";
import { spansPath } from "../list/spans_url.js";
import { absolute } from "../question/time_range.js";

/** The question of a page as one for the list: what was counted of it. An answer that is not complete says since when. */
export function countedOf(question, answer) {
  const { q, range, from, to } = question;
  if (!answer || answer.complete !== false) return { q, range, from, to };
  const until = answer.end ? Date.parse(answer.end) : (to ?? Date.now());
  return { q, ...absolute(Math.ceil(Date.parse(answer.counted_since)), until) };
}

/** The address of the list for a counted question with terms added; the order says what the figure was about. */
export const listOf = (counted, terms = [], sort = "-start_time") =>
  listPath({ ...counted, q: [].concat(terms).filter(Boolean).reduce(narrowed, counted.q), sort });

/**
 * The address of the list of spans that fulfil a term; null where a figure need not count the same: a question narrows traces
 * down, and a time is that of their starts.
 */
export const spansOf = ({ q, range, from }, term) => (q || range !== "all" || from != null ? null : spansPath({ q: term }));

/** Where a failure is looked at: its latest example, at the span where it broke. */
export const examplePath = ({ trace_id: trace, span_id: span }) => `/trace/${trace}${span ? `?span=${span}` : ""}`;

/**
 * The stretches of time of an answer of GET /api/stats: [{from, to, point}]. The first begins where what was counted
 * begins, and the last ends where that ends: so have their lists to.
 */
export function stretchesOf({ series, bucket_s: seconds, start, end, counted_since: since }) {
  const first = Math.max(...[start, since].map((time) => (time ? Date.parse(time) : -Infinity)));
  const last = end ? Date.parse(end) : Infinity;
  return series.map((point) => {
    const begins = Date.parse(point.time);
    const ends = begins + 1000 * seconds;
    const from = Math.min(ends - 1, Math.max(begins, first));
    return { from, to: Math.max(from + 1, Math.min(ends, last)), point };
  });
}

/** A counted question within one stretch of time. */
export const within = (counted, { from, to }) => ({ ...counted, range: "all", from, to });

/** The question of the same length just before this one; null for all time. */
export function before(question, now, lengthOf) {
  const [from, to] = lengthOf(question, now);
  return from == null ? null : { q: question.q, ...absolute(from - (to - from), from) };
}
