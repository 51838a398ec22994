// The lists' questions about an attribute that is being looked at (docs/query.md).
import { spansPath } from "../list/spans_url.js";

const NAMED = /^[\w.\-/]+$/; // keys that a query can name
const VALUE_MAX = 200; // characters; nobody asks for a longer text as a whole

/** The address of the list of all spans that have an attribute; null where a query cannot name its key. */
export const havingPath = (key) => (NAMED.test(key) ? spansPath({ q: `attr.${key}:*` }) : null);

/**
 * The address of the list that has, or has not, the traces with this attribute, beside what the list asks already.
 * `listSearch` is the search part of the list's address. Null where a query cannot name the key or the value.
 */
export function attributePath(listSearch, prefix, key, value, without = false) {
  if (!NAMED.test(key) || !["string", "number", "boolean"].includes(typeof value)) return null;
  const text = String(value);
  if (!text || text.length > VALUE_MAX) return null;
  const term = `${prefix}.${key}:"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  const search = new URLSearchParams(listSearch);
  // The same question, asked before or its opposite, makes room.
  const rest = (search.get("q") || "").replace(`-${term}`, "").replace(term, "").trim();
  search.set("q", `${rest} ${without ? "-" : ""}${term}`.trim());
  return `/?${search}`;
}
