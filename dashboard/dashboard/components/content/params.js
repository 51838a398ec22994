// The parameters of a model call: those that read in a line, and the others. Pure functions.

const BRIEF_MAX = 100; // characters

const isEmpty = (value) => typeof value === "object" && Object.keys(value).length === 0;

/** {brief: [[name, text]], others: {name: value}} of a span's `params`. Frameworks send settings of their own too: the others are what is long, and what is empty. */
export function paramsOf(params) {
  const brief = [];
  const others = {};
  for (const [name, value] of Object.entries(params || {})) {
    if (value == null) continue;
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    if (isEmpty(value) || text.length > BRIEF_MAX) others[name] = value;
    else brief.push([name, text]);
  }
  return { brief, others };
}
