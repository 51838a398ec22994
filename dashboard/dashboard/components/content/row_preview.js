// What a row says of an input or output, where there is room for a few words. Pure.
import { unmarked } from "./unmarked.js";

const ARGUMENTS = /^([\w.-]*\()?\{(\s*".*)$/s; // alone, or in a call of a tool
const SCHEME = /^https?:\/\/(?=\S+$)/; // of an address alone
const MEMBER = /^\s*"(?<name>(?:[^"\\]|\\.)*)"\s*:\s*(?:"(?<text>(?:[^"\\]|\\.)*)(?:"|$)|(?<other>[-\w.+]+)(?=[\s,}]))\s*,?/s;

/**
 * A preview, whose end may be cut off, with what tells it apart first. Arguments are their texts, without names and quotes,
 * and what else they are: `src/cli.py, from=3` of `{"path": "src/cli.py", "from": 3}`. Other text is without the marks of
 * Markdown, an address without its scheme.
 */
export function rowPreview(line) {
  const [, call = "", members] = ARGUMENTS.exec(line) ?? [];
  if (!members) return unmarked(line.replace(SCHEME, ""));
  const told = [];
  let rest = members;
  for (let found; (found = MEMBER.exec(rest)); rest = rest.slice(found[0].length)) {
    const { name, text, other } = found.groups;
    told.push(text == null ? `${name}=${other}` : text.replace(/\\[nrt]/g, " ").replace(/\\(["\\/])/g, "$1"));
  }
  if (!told.length) return line;
  const left = rest.replace(/^\s*\}/, "").trim(); // from the first that is none of these on
  return `${call}${told.join(", ")}${/^[^)]/.test(left) ? ", " : ""}${left}`;
}
