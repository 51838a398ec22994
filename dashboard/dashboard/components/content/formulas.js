// Where a text has formulas of LaTeX, as rules for the parser of Markdown. Pure functions.

const WITHIN = String.raw`(?:(?!\n[ \t]*\n)[^]){1,4000}?`; // no formula goes on after an empty line
const ENVIRONMENT = String.raw`\\begin\{(?<name>(?:equation|align|alignat|gather|multline|eqnarray|aligned|cases|[bpvBV]?matrix)\*?)\}${WITHIN}\\end\{\k<name>\}`;
const BLOCK = new RegExp(String.raw`^ {0,3}(?:(${ENVIRONMENT})|\$\$(${WITHIN})\$\$|\\\[(${WITHIN})\\\])[ \t]*(?:\n+|$)`);
// Prices are no formulas: a single $ is close to what it encloses, and no word, number or bracket follows the second one.
const SINGLE = String.raw`\$(?![\s$])((?:\\.|[^$\\\n${"`"}])+?)(?<!\s)\$(?![\w({$])`;
const INLINE = new RegExp(String.raw`^(?:\$\$(${WITHIN})\$\$|\\\[(${WITHIN})\\\]|\\\((${WITHIN})\\\)|${SINGLE})`);
const BEGINS = /\\\[|(?<!\w)\\\(|(?<![\w$\\])\$/; // what stands close behind a word, as in file\(s\), is an escaped bracket

const SIGN = /[\\^_={}<>]/;
const SHORT = /^\s*(?:[A-Za-z]\w?'*|[^\sA-Za-z]+)\s*$/; // x, n1, f', 42, +

/** `$5 or $` and the mark of a source `\[1\]` have the marks of a formula, too. */
const isFormula = (tex, inBrackets) => SIGN.test(tex) || (!inBrackets && SHORT.test(tex));

function block(src) {
  const found = BLOCK.exec(src);
  if (!found) return undefined;
  const [raw, environment, , dollars, brackets] = found; // the third is `name`
  const tex = environment ?? dollars ?? brackets;
  return isFormula(tex, brackets !== undefined) ? { type: "formula", raw, tex, display: true } : undefined;
}

/** `before` are the tokens in front of `src`. */
function inline(src, before) {
  const found = INLINE.exec(src);
  if (!found || (src.startsWith("\\(") && /\w$/.test(before?.at(-1)?.raw ?? ""))) return undefined;
  const [raw, dollars, brackets, parentheses, dollar] = found;
  const tex = dollars ?? brackets ?? parentheses ?? dollar;
  const display = dollars !== undefined || brackets !== undefined;
  return isFormula(tex, brackets !== undefined) ? { type: "formula", raw, tex, display } : undefined;
}

/** Extensions of marked: their tokens are {type: "formula", raw, tex, display}, `display` if it has a line of its own. */
export const FORMULAS = [
  { name: "formula", level: "block", start: (src) => src.match(/\n {0,3}(?:\$\$|\\\[|\\begin\{)/)?.index, tokenizer: block },
  { name: "formula", level: "inline", start: (src) => src.match(BEGINS)?.index, tokenizer: inline },
];

/** Whether a text has a formula. */
export function hasFormula(text) {
  for (const { index } of text.matchAll(/(?<![\w$\\])\$|\\\[|(?<!\w)\\\(|(?<=^|\n) {0,3}\\begin\{/g)) {
    const rest = text.slice(index);
    if (block(rest) || inline(rest)) return true;
  }
  return false;
}
