// How a number is written: units always, few digits, the exact value left to the hover. Pure functions.
import { partsOf } from "./zone.js";

const pad = (n, width = 2) => String(n).padStart(width, "0");

/** Milliseconds as people read them, as llm_tracer.model.text writes them: 850 µs, 4.2 ms, 4.21 s, 3 m 12 s, 3 d 7 h, 3 d. */
export function duration(ms) {
  if (ms == null) return "–";
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 0.9995) return `${Math.round(ms * 1000)} µs`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return inTwoUnits(Math.floor(whole / 60), "m", whole % 60, "s");
  if (whole < 86400) return inTwoUnits(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "m");
  return inTwoUnits(Math.floor(whole / 86400), "d", Math.floor((whole % 86400) / 3600), "h");
}

const inTwoUnits = (more, unit, less, smaller) => `${more} ${unit}${less ? ` ${less} ${smaller}` : ""}`;

/** How long a row of a list has taken until `now` (ms): what runs, since it began; null where that is not known. */
export function lasted({ duration_ms: ms, status, start_time: began }, now) {
  return ms ?? (status === "running" ? Math.max(0, now - Date.parse(began)) : null);
}

/** A time on the ruler: as a duration, without zeros that say nothing. */
export function tick(us) {
  return us === 0 ? "0" : duration(us / 1000).replace(/(\.\d*?)0+(?= )/, "$1").replace(/\.(?= )/, "");
}

const LINE_MAX = 1000; // characters: a page with a line of a million takes a second to lay out

// How the body of an API's answer begins in a message, as JSON or as Python writes it, and what it says.
const BODY = /\{\s*(['"])(?:error|message|type|code|status)\1\s*:/;
const SAID = /(['"])message\1\s*:\s*(['"])((?:\\[^]|(?!\2)[^\\])+)/;

/** A message that ends with the body of an API's answer, with what the body says in its place; as llm_tracer.model.failures does. */
export function withoutBody(message) {
  const at = message.search(BODY);
  const said = at >= 0 && /[}…]\s*$/.test(message.slice(-80)) && SAID.exec(message.slice(at));
  return said ? message.slice(0, at) + said[3].replace(/\\([n"'\\])/g, (_, sign) => (sign === "n" ? " " : sign)) : message;
}

/** An error in one line: the last word of its type, not said twice, and what its message says. */
export function errorLine(error) {
  const type = errorType(error);
  const short = lastWord(type);
  const message = withoutBody(beginning(error)).replace(/\s+/g, " ").replace(/\bError code: (?=\d{3} - )/, "").trim();
  if (!message) return short;
  return message.startsWith(type) || message.startsWith(`${short}:`) ? message : `${short}: ${message}`;
}

/** What the message of a kind of error says, without the type that it begins with, where that stands beside it, and without a status whose number went with what differs. */
export function afterType(error) {
  const begins = `${lastWord(errorType(error))}: `;
  const said = error.message?.startsWith(begins) ? error.message.slice(begins.length) : error.message;
  return said?.replace(/^Error code: <n> - (?=.)/, "");
}

/** The class of a dotted path: "RateLimitError" of "openai.RateLimitError". */
const lastWord = (type) => /^(?:\w+\.)+(\w+)$/.exec(type)?.[1] || type;

/** The type of an error as people name it: a number is an answer of HTTP, a class of Python is its path. */
export function errorType({ type }) {
  if (/^[1-5]\d\d$/.test(type)) return `HTTP ${type}`;
  return type ? type.replace(/^<class '(.+)'>$/, "$1") : "Error";
}

/** All of it, for the hover: its type and its message as they were sent, up to LINE_MAX characters. */
export const errorTitle = (error) => [error.type, beginning(error)].filter(Boolean).join("\n") || "Failed; the sender gave no reason";

function beginning({ message }) {
  return message?.length > LINE_MAX ? `${message.slice(0, LINE_MAX)}…` : message || "";
}

/** A count as llm_tracer.model.text writes it, two places or more: 812, 8.0 k, 92 k, 1.2 M. Null is a dash. */
export function count(n) {
  if (n == null) return "–";
  return n < 1000 ? String(n) : inUnits(n, ["k", "M", "G"]) ?? n.toExponential(2);
}

/** Bytes, by the same rule: 812 B, 4.2 kB, 184 kB, 12 MB. */
export function bytes(n) {
  if (n == null) return "";
  return n < 1000 ? `${n} B` : inUnits(n, ["kB", "MB", "GB", "TB"]) ?? `${n} B`;
}

/** In the first unit, each a thousand times the one before, in which it has two or three places. */
function inUnits(n, units) {
  let scaled = n;
  for (const unit of units) {
    scaled /= 1000;
    if (scaled < 999.5) return `${scaled.toFixed(scaled < 9.95 ? 1 : 0)} ${unit}`;
  }
}

/** Every digit, as llm_tracer.model.text writes it: 6,120. */
export function exact(n) {
  return n == null ? "–" : String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** US dollars, whole ones from a thousand on, as llm_tracer.model.text writes them; `mark` stands before the sign. The exact value is in the hover. */
export function dollars(value, mark = "") {
  if (value == null) return "–";
  if (value === 0) return `${mark}$0`;
  if (value < 0.0001) return mark ? `${mark}$0` : "<$0.0001";
  if (value >= 999.995) return `${mark}$${exact(Math.round(value))}`;
  return `${mark}$${value.toFixed(value < 0.09995 ? 4 : value < 0.9995 ? 3 : 2)}`;
}

/** A count at an axis: without zeros that say nothing. */
export const axisCount = (n) => count(n).replace(".0 ", " ");

/** Dollars at an axis: without zeros that say nothing. */
export const axisDollars = (value) => dollars(value).replace(/(\.\d\d)0+$/, "$1");

/** A trace's cost, {total, complete} or null: unknown is a dash and never zero, incomplete says "at least". */
export function traceCost(cost) {
  if (!cost || cost.total == null) return "–";
  if (!cost.complete && !cost.total) return "–";
  return dollars(cost.total, cost.complete ? "" : "≥");
}

/** Whether calls used nothing at all, as when they were refused: then a zero says no more than a dash. */
export const usedNothing = (tokens, cost) => tokens === 0 && !cost;

const nothingIn = ({ usage, cost }) => usedNothing(usage?.total, cost?.total);

/** The tokens and the cost of what has {usage, cost}, as of a trace: a dash where they are unknown, and where nothing was used. */
export const tokensOf = (one) => (nothingIn(one) ? "–" : count(one.usage?.total));
export const costOf = (one) => (nothingIn(one) ? "–" : traceCost(one.cost));

export function costTitle(cost) {
  if (!cost || cost.total == null) return "Cost unknown: no price for the model, or no token counts";
  const value = `$${cost.total}`;
  return cost.complete ? value : `At least ${value}: some calls have no known price`;
}

/** How long ago, as of `now` (ms); of a clock that is more than a minute ahead, in how long. */
export function ago(time, now) {
  const s = Math.round((now - Date.parse(time)) / 1000);
  if (s <= -60) return `in ${inOneUnit(-s)}`;
  return s < 5 ? "just now" : `${inOneUnit(s)} ago`;
}

function inOneUnit(s) {
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} d`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const dayOf = ({ year, month, day }) => `${year}-${pad(month)}-${pad(day)}`;
const timeOf = ({ hour, minute, second }) => `${pad(hour)}:${pad(minute)}:${pad(second)}`;

/** The time of day, or the day when it is not today; in the chosen zone. */
export function clock(time, now) {
  const t = partsOf(time);
  if (dayOf(partsOf(now)) === dayOf(t)) return timeOf(t);
  return `${MONTHS[t.month - 1]} ${t.day} ${timeOf(t).slice(0, 5)}`;
}

/** A day and a minute, in the chosen zone: "2026-11-25 12:00". */
export function dated(time) {
  const t = partsOf(time);
  return `${dayOf(t)} ${timeOf(t).slice(0, 5)}`;
}

/** A stretch of time in as few words as say it: "Nov 25 12:00 – 13:00". */
export function stretch(from, to) {
  const [a, b] = [partsOf(from), partsOf(to)];
  const digits = to - from < 300_000 ? 8 : 5;
  const written = (t) => timeOf(t).slice(0, digits);
  const dated = (t) => `${MONTHS[t.month - 1]} ${t.day} ${written(t)}`;
  return `${dated(a)} – ${dayOf(a) === dayOf(b) ? written(b) : dated(b)}`;
}

/** The exact moment in the browser's zone, with the zone, and in UTC as it was stored. */
export function moment(time) {
  if (!time) return "";
  const t = partsOf(time, "local");
  const zone = `UTC${t.offset < 0 ? "−" : "+"}${pad(Math.floor(Math.abs(t.offset) / 60))}:${pad(Math.abs(t.offset) % 60)}`;
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `${dayOf(t)} ${timeOf(t)}.${pad(t.ms, 3)} ${zone} (${name})\n${time}`;
}

/** Cut in the middle, for ids and paths. */
export function middle(text, length) {
  if (text.length <= length) return text;
  const half = Math.floor((length - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

const NEAR = 8; // characters

/** A text from the first place of `found` in it, in any case; whole where that is near its beginning, or nowhere. */
export function fromFound(text, found) {
  const at = text.toLowerCase().indexOf(found.toLowerCase());
  return at <= NEAR ? text : `…${text.slice(at)}`;
}

/** "1 span", "2 spans". */
export function plural(n, one) {
  return `${exact(n)} ${one}${n === 1 ? "" : "s"}`;
}
