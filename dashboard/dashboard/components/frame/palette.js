// What the command palette offers for what was written. Pure functions.

const ID = /^[0-9a-f]{16}([0-9a-f]{16})?$/i;

/** "trace" or "span" for what can only be one, "id" for what may be one (a session, a response), null for other text. */
export function idKind(text) {
  if (ID.test(text)) return text.length === 32 ? "trace" : "span";
  return /^[\w.:@/-]{6,200}$/.test(text) && /\d/.test(text) ? "id" : null;
}

/** How well a title fits: 0 not at all, 3 at its beginning, 2 at the beginning of a word, 1 inside. */
function fit(title, text) {
  const [hay, needle] = [title.toLowerCase(), text.toLowerCase()];
  if (!needle || hay.startsWith(needle)) return 3;
  const at = hay.indexOf(needle);
  return at < 0 ? 0 : /\W/.test(hay[at - 1]) ? 2 : 1;
}

const MOST = 10; // of a group: more than there are pages

/** The entries {group, title, …} that fit, the best first within their groups; groups keep their order. */
export function fitting(entries, text) {
  const groups = [...new Set(entries.map((entry) => entry.group))];
  return groups.flatMap((group) => entries
    .filter((entry) => entry.group === group)
    .map((entry) => [fit(entry.title, text), entry])
    .filter(([score]) => score > 0)
    .sort((a, b) => b[0] - a[0])
    .slice(0, MOST)
    .map(([, entry]) => entry));
}
