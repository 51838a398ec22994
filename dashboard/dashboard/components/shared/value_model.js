// A value as rows of a tree that open where they are asked to, however large it is: JSON, or text by lines. Pure; runs on
// the page for small values and in a worker for large ones.

const LINE = 160; // characters of a row of text
const OPEN_FIRST = 40; // branches with more entries are closed at first
const HITS_MAX = 1000;
const PREVIEW = 160;

/** Numbers that a double cannot hold stay as they were written. */
export function parseJson(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value, context) =>
    typeof value === "number" && context?.source && Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source)
      ? BigInt(context.source) : value,
  );
}

/** The object or list that a text holds, or undefined. */
export function jsonInside(text) {
  if (!/^\s*[[{]/.test(text) || !/[\]}]\s*$/.test(text)) return undefined;
  try {
    const value = parseJson(text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A text in rows: its lines, long ones cut to LINE characters each. */
function textRows(text) {
  const rows = [];
  for (const line of text.split("\n")) for (let at = 0; at === 0 || at < line.length; at += LINE) rows.push(line.slice(at, at + LINE));
  return rows;
}

const isBranch = (value) => value !== null && typeof value === "object";
const isLong = (value) => typeof value === "string" && (value.length > PREVIEW || value.includes("\n"));
const keysOf = (value) => (Array.isArray(value) ? value.length : Object.keys(value).length);

/**
 * The rows of a value. A row is {key, depth, type, text, count, opens, open, path, inText}: `type` is object, array, string,
 * number, boolean, null, bigint, or line (of a text); `count` its entries or characters; `opens` whether it can be opened.
 */
export class ValueModel {
  constructor(value, depth = 2) {
    this.rows = [];
    if (typeof value === "string") this.rows = textRows(value).map((text, n) => ({ key: null, depth: 0, type: "line", text, path: [n], opens: false, open: false }));
    else {
      this.rows = [row(null, value, 0, [])];
      this.openTo(0, depth);
    }
  }

  /** Open a row, and below it what is not too long, to `depth` levels. */
  openTo(at, depth) {
    const opened = this.rows[at];
    if (depth <= 0 || !opened.opens || opened.open || (opened.depth > 0 && opened.count > OPEN_FIRST)) return;
    const added = this.toggle(at);
    if (added > OPEN_FIRST) return;
    for (let n = at + added; n > at; n -= 1) if (this.rows[n].depth === opened.depth + 1 && isBranch(this.rows[n].value)) this.openTo(n, depth - 1);
  }

  /** Open or close; how many rows came (negative: went). */
  toggle(at) {
    const target = this.rows[at];
    if (!target.opens) return 0;
    target.open = !target.open;
    if (!target.open) {
      let end = at + 1;
      while (end < this.rows.length && this.rows[end].depth > target.depth) end += 1;
      this.rows.splice(at + 1, end - at - 1);
      return at + 1 - end;
    }
    const below = childrenOf(target);
    // In pieces: a call takes only so many arguments.
    const after = this.rows.splice(at + 1);
    for (const one of below) this.rows.push(one);
    for (const one of after) this.rows.push(one);
    return below.length;
  }

  /** Rows [from, to), without their values: small enough to be sent. */
  slice(from, to) {
    return this.rows.slice(from, to).map(({ value, ...shown }) => shown);
  }

  /** The text that a row stands for, whole. */
  textOf(at) {
    const { value, text, type } = this.rows[at];
    if (type === "line") return text;
    return typeof value === "string" ? value : jsonText(value);
  }

  /** Paths to where a text stands, in keys or in values, letter case aside; at most HITS_MAX. */
  search(wanted) {
    const text = wanted.toLowerCase();
    if (!text) return [];
    if (this.rows[0]?.type === "line") {
      return this.rows.filter((one) => one.text.toLowerCase().includes(text)).slice(0, HITS_MAX).map((one) => one.path);
    }
    const hits = [];
    const stack = [[this.rows[0].value, []]];
    while (stack.length && hits.length < HITS_MAX) {
      const [value, path] = stack.pop();
      const key = path.at(-1);
      const inKey = typeof key === "string" && key.toLowerCase().includes(text);
      if (isBranch(value)) {
        if (inKey) hits.push(path);
        const entries = Object.entries(value);
        for (let n = entries.length - 1; n >= 0; n -= 1) stack.push([entries[n][1], [...path, Array.isArray(value) ? n : entries[n][0]]]);
      } else if (inKey || String(value).toLowerCase().includes(text)) hits.push(path);
    }
    return hits;
  }

  /** Open the way to a path; its row. */
  reveal(path) {
    if (this.rows[0]?.type === "line") return path[0];
    let at = 0;
    for (const key of path) {
      if (!this.rows[at].open) this.toggle(at);
      const depth = this.rows[at].depth + 1;
      at += 1;
      while (this.rows[at].key !== key || this.rows[at].depth !== depth) at += 1;
    }
    return at;
  }
}

function row(key, value, depth, path) {
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const made = { key, depth, type, path, value, open: false, opens: false, count: 0, text: "" };
  if (isBranch(value)) {
    made.count = keysOf(value);
    made.opens = made.count > 0;
  } else if (typeof value === "string") {
    made.count = value.length;
    made.opens = isLong(value);
    made.text = made.opens ? value.slice(0, PREVIEW).replace(/\s+/g, " ") : value;
  } else made.text = String(value);
  return made;
}

function childrenOf({ value, depth, path }) {
  if (typeof value === "string") {
    const inside = jsonInside(value);
    if (inside !== undefined) return [{ ...row(null, inside, depth + 1, [...path, 0]), inText: true }];
    return textRows(value).map((text, n) => ({ key: null, depth: depth + 1, type: "line", text, path: [...path, n], opens: false, open: false }));
  }
  const isList = Array.isArray(value);
  return Object.entries(value).map(([key, one], n) => row(isList ? n : key, one, depth + 1, [...path, isList ? n : key]));
}

/** JSON text of a value; numbers that came as big integers keep their digits. */
export function jsonText(value) {
  const marked = JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `\u0000${one}\u0000` : one), 2) ?? "null";
  return marked.replace(/"\\u0000(-?\d+)\\u0000"/g, "$1");
}

/** A path as programs write it: messages[0].content, ["two words"]. */
export const pathText = (path) =>
  path.map((key) => (typeof key === "number" ? `[${key}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`)).join("").replace(/^\./, "");
