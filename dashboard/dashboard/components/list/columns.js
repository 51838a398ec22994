// The columns of the list: which there are, which are shown, and how wide. What a person chose is kept in the browser.

/** [id, title, width as CSS, sort or null, shown at first]. Status, name and preview are always there. */
export const CHOICES = [
  ["model", "Model", "minmax(90px, 126px)", null, true],
  ["duration", "Duration", "112px", "-duration_ms", true],
  ["tokens", "Tokens", "50px", "-tokens", true],
  ["cost", "Cost", "68px", "-cost", true],
  ["spans", "Spans", "44px", null, true],
  ["session", "Session", "minmax(80px, 120px)", null, false],
  ["user", "User", "minmax(70px, 100px)", null, false],
  ["tags", "Tags", "minmax(80px, 130px)", null, false],
  ["service", "Service", "minmax(80px, 120px)", null, false],
  ["environment", "Environment", "90px", null, false],
  ["release", "Release", "80px", null, false],
  ["scores", "Scores", "minmax(80px, 130px)", null, false],
  ["when", "When", "var(--when, 84px)", "-start_time", true],
];
const FIXED = "16px minmax(128px, 1.1fr) minmax(160px, 4.2fr)";
const KEY = "llm-tracer-columns";

export const FIRST = CHOICES.filter(([, , , , shown]) => shown).map(([id]) => id);

/** The shown columns, in the order of CHOICES; FIRST where nothing was chosen or the browser keeps nothing. */
export function keptColumns() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    if (Array.isArray(kept)) return CHOICES.map(([id]) => id).filter((id) => kept.includes(id));
  } catch {
    // as at first, then
  }
  return FIRST;
}

export function keepColumns(ids) {
  try {
    localStorage.setItem(KEY, JSON.stringify(ids));
  } catch {
    // it holds as long as the page
  }
}

/** The CSS grid template of a row with these columns. */
export const template = (ids) => [FIXED, ...CHOICES.filter(([id]) => ids.includes(id)).map(([, , width]) => width)].join(" ");

const FIXED_PX = 16 + 128 + 300 + 28; // a preview under 300 px says neither what was asked nor why it failed
const GAP_PX = 12;
const GIVES_WAY = ["spans", "release", "environment", "service", "scores", "tags", "user", "session", "model", "tokens", "cost", "duration", "when"];
const leastPx = (id) => Number(/\d+/.exec(CHOICES.find(([known]) => known === id)[2])[0]) + GAP_PX;

/** Those of the chosen columns for which a list of `width` px has room. */
export function fitting(ids, width) {
  const shown = new Set(ids);
  let needed = FIXED_PX + 2 * GAP_PX + ids.reduce((sum, id) => sum + leastPx(id), 0);
  for (const id of GIVES_WAY) {
    if (needed <= width) break;
    if (shown.delete(id)) needed -= leastPx(id);
  }
  return ids.filter((id) => shown.has(id));
}
