// What the page that compares works out of the answer of the service. Pure functions.

/** The indexes of the rows that are shown: all, or those that differ and the way to them. */
export function shownRows(rows, only) {
  if (!only) return rows.map((_, index) => index);
  const shown = [];
  let above = 0; // depth of the row that was kept last: its ancestors are less deep
  for (let i = rows.length - 1; i >= 0; i -= 1) {
    if (rows[i].change !== "same" || rows[i].depth < above) {
      shown.push(i);
      above = rows[i].depth;
    }
  }
  return shown.reverse();
}

/** The index of the row with a span of that id, on either side; -1 when there is none. */
export const rowAt = (rows, spanId) => (spanId ? rows.findIndex(({ a, b }) => a?.span_id === spanId || b?.span_id === spanId) : -1);

/** How many rows differ, and which of them the selected one is (from 1; 0 when it is the same). */
export function countDifferences(rows, selected) {
  let count = 0;
  let at = 0;
  rows.forEach(({ change }, index) => {
    if (change === "same") return;
    count += 1;
    if (index === selected) at = count;
  });
  return { count, at };
}

/** A long stretch that is the same, cut in its middle: [begin, characters left out, end]; [text, 0, ""] when it is short. */
export function cutSame(text, keep) {
  if (text.length <= 2 * keep + 40) return [text, 0, ""];
  return [text.slice(0, keep), text.length - 2 * keep, text.slice(-keep)];
}

/** Messages in their order, neighbours that are the same as one: [{same: [message, …]} or {message}, …]. */
export function folded(messages) {
  const groups = [];
  for (const message of messages) {
    const last = groups.at(-1);
    if (message.change !== "same") groups.push({ message });
    else if (last?.same) last.same.push(message);
    else groups.push({ same: [message] });
  }
  return groups;
}

const ALIKE = 0.4; // of the longer text that is the same: with less, words between each other are harder to read than two texts

/** Two texts with too little in common are shown one after the other: [["-", whole], ["+", whole]]; else as they came. */
export function readable(words) {
  const textOf = (side) => words.filter(([change]) => change === "=" || change === side).map(([, text]) => text).join("");
  const same = words.reduce((sum, [change, text]) => (change === "=" ? sum + text.length : sum), 0);
  const [a, b] = [textOf("-"), textOf("+")];
  if (!a || !b || same >= ALIKE * Math.max(a.length, b.length)) return words;
  return [["-", a], ["+", b]];
}
