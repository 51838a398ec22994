// The query text as a row of terms, as far as a page needs it: to add a condition, take one away, or turn it around. What a
// term means is the service's to say. Pure functions.

/** The top-level terms of a text: [{text, start, end}]. What stands in quotes, parentheses or braces is one term, and so is NOT with what it negates. */
export function termsOf(q) {
  const terms = [];
  for (const term of wordsOf(q)) {
    const negation = terms.at(-1)?.text === "NOT" ? terms.pop() : null;
    terms.push(negation ? { ...term, text: `NOT ${term.text}`, start: negation.start } : term);
  }
  return terms;
}

function wordsOf(q) {
  const terms = [];
  let start = -1;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at <= q.length; at += 1) {
    const letter = q[at];
    const isEnd = letter === undefined || (/\s/.test(letter) && !quoted && depth === 0);
    if (isEnd) {
      if (start >= 0) terms.push({ text: q.slice(start, at), start, end: at });
      start = -1;
      continue;
    }
    if (start < 0) start = at;
    if (letter === '"' && q[at - 1] !== "\\") quoted = !quoted;
    if (!quoted && (letter === "(" || letter === "{")) depth += 1;
    if (!quoted && (letter === ")" || letter === "}")) depth = Math.max(0, depth - 1);
  }
  return terms;
}

/** Whether the terms are joined by OR or ->: then one of them cannot be taken away by itself. */
const isJoined = (q) => termsOf(q).some(({ text }) => text === "OR" || text === "->");

/** How a term stands in the text: "with", "without" (negated) or "" when it is not there. */
export function standing(q, term) {
  if (isJoined(q)) return "";
  const texts = termsOf(q).map(({ text }) => text);
  if (texts.includes(term)) return "with";
  return texts.includes(`-${term}`) || texts.includes(`NOT ${term}`) ? "without" : "";
}

/** The text with its joining words in capitals, which in small letters are words to be searched for; null where it has none of these. */
export function withCapitals(q) {
  const small = wordsOf(q).filter(({ text }) => text === "or" || text === "not");
  if (!small.length) return null;
  return small.reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(start, end).toUpperCase() + text.slice(end), q);
}

/** The text without a term, whichever way it stands there. */
export function without(q, term) {
  return termsOf(q).map(({ text }) => text).filter((text) => ![term, `-${term}`, `NOT ${term}`].includes(text)).join(" ");
}

/** The text with a term added (as "with" or "without"); a text joined by OR goes in parentheses first. */
export function withTerm(q, term, way = "with") {
  const added = way === "without" ? `-${term}` : term;
  if (isJoined(q)) return `(${q.trim()}) ${added}`;
  return [without(q, term), added].filter(Boolean).join(" ");
}

/** The text for those traces of it that fulfil more terms too. Unlike `withTerm`, it takes nothing away. */
export function narrowed(q, more) {
  const texts = isJoined(q) ? [`(${q.trim()})`] : termsOf(q).map(({ text }) => text);
  return [...new Set([...texts, ...termsOf(more).map(({ text }) => text)])].join(" ");
}

/** field:value as the query text spells it. */
export const fieldTerm = (field, value) => `${field}:${/^[^\s(){}",=*<>!][^\s(){}",*]*$/.test(value) ? value : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`}`;
