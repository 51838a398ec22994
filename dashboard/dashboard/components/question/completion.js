// What can be written at the place of the caret: names of fields, then their values. Pure functions.

const OPERATORS = /(!=|>=|<=|[:=<>])/;

/**
 * What is being written at `caret`: {start, end, field, operator, prefix, negated}; `field` is null while a name is written.
 * `start` is where the replacement begins. Null inside of quotes and where nothing is to be completed.
 */
export function wordAt(text, caret) {
  const before = text.slice(0, caret);
  if ((before.match(/(?<!\\)"/g) || []).length % 2) return null;
  const word = /[^\s(){}]*$/.exec(before)[0];
  const start = caret - word.length;
  const end = caret + /^[^\s(){}]*/.exec(text.slice(caret))[0].length;
  const negated = word.startsWith("-");
  const plain = negated ? word.slice(1) : word;
  const operator = OPERATORS.exec(plain);
  if (!operator) return { start: start + Number(negated), end, field: null, operator: null, prefix: plain, negated };
  const rest = plain.slice(operator.index + operator[0].length);
  const value = rest.slice(rest.lastIndexOf(",") + 1);
  return { start: caret - value.length, end, field: plain.slice(0, operator.index), operator: operator[0], prefix: value, negated };
}

const begins = (text, prefix) => text.toLowerCase().startsWith(prefix.toLowerCase());

/** Names that fit, as [{text, label, note}]: fields first, then the keys of metadata, scores and attributes. */
export function names({ fields, keys }, prefix) {
  if (!prefix) return [];
  const known = fields.filter((field) => begins(field.name, prefix)).map((field) => ({ text: `${field.name}${field.type === "text" ? ":" : field.operators[0] || ":"}`, label: field.name, note: field.description }));
  const others = keys.filter((key) => begins(key, prefix)).map((key) => ({ text: `${key}:`, label: key, note: "" }));
  return [...known, ...others].slice(0, 12);
}

/** Values that fit, as [{text, label, note}]. `values` are those of GET /api/fields; each knows its spelling. */
export function values(field, values_, prefix) {
  return values_
    .filter(({ value }) => begins(value, prefix.replace(/^"/, "")))
    .map(({ value, count, q }) => ({ text: q.startsWith(`${field}:`) ? q.slice(field.length + 1) : value, label: value, note: count ? String(count) : "" }))
    .slice(0, 12);
}

/** The text after a choice, and where the caret then stands. A value is followed by a space. */
export function chosen(text, word, choice) {
  const isValue = word.field !== null;
  const inserted = choice.text + (isValue ? " " : "");
  const after = text.slice(word.end);
  return { text: text.slice(0, word.start) + inserted + (isValue ? after.trimStart() : after), caret: word.start + inserted.length };
}
