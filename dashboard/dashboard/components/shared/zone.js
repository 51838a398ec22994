// The zone in which times are shown: of this browser, or UTC. Kept in the browser; every time on every page follows it.

const KEY = "llm-tracer-zone";

function kept() {
  try {
    return localStorage.getItem(KEY) === "utc" ? "utc" : "local";
  } catch {
    return "local";
  }
}

let zone = kept();

/** "local" or "utc". */
export const zoneNow = () => zone;

export function chooseZone(chosen) {
  zone = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // it holds as long as the page
  }
}

/** The parts of a moment in a zone: year, month (1 to 12), day, hour, minute, second, ms, offset (minutes). */
export function partsOf(time, within = zone) {
  const t = new Date(time);
  const offset = within === "utc" ? 0 : -t.getTimezoneOffset();
  const shown = new Date(t.getTime() + offset * 60_000);
  return {
    year: shown.getUTCFullYear(), month: shown.getUTCMonth() + 1, day: shown.getUTCDate(),
    hour: shown.getUTCHours(), minute: shown.getUTCMinutes(), second: shown.getUTCSeconds(), ms: shown.getUTCMilliseconds(),
    offset,
  };
}

const pad = (n) => String(n).padStart(2, "0");

/** The moment (ms) at which the day of a moment began. */
const midnight = (ms) => fromField(`${toField(ms).slice(0, 10)}T00:00:00`);

/** The day before that of `now`, from midnight to midnight. */
export function yesterday(now) {
  const to = midnight(now);
  return [midnight(to - 12 * 3_600_000), to]; // some hours before: where clocks change, a day has not 24
}

/** A moment (ms) as a field for date and time holds it: 2026-11-25T12:00:00. */
export function toField(ms) {
  const t = partsOf(ms);
  return `${t.year}-${pad(t.month)}-${pad(t.day)}T${pad(t.hour)}:${pad(t.minute)}:${pad(t.second)}`;
}

/** The moment (ms) that such a field means in the chosen zone; NaN for an empty one. */
export const fromField = (text) => Date.parse(zone === "utc" && text ? `${text}Z` : text);
