// What Markdown marks, without its marks: for one line that is read in passing. Pure functions.

/**
 * A text of one line without the marks of headings, bold, code and links. What they mark stays, and so do data and single
 * signs: `**kwargs`, `#118`, `2 * 3`. A bold text that the end of a preview cuts off loses its mark as well.
 */
export function unmarked(line) {
  if (/^[[{]/.test(line)) return line; // data: nothing in it is Markdown
  return line
    .replace(/^# |(^| )#{2,6} (?=\S)/g, "$1")
    .replace(/```\w*/g, "")
    .replace(/`([^`]+)`/g, "$1")
    .replace(/\*\*(?=\S)(.+?)(?<=\S)\*\*/g, "$1")
    .replace(/(^| )\*\*(?=\S)([^*]*…)$/, "$1$2")
    .replace(/!?\[([^\][]+)\]\([^\s()]+\)/g, "$1")
    .trim();
}
