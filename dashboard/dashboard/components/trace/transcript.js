// The lines of a transcript as Markdown, for people and for coding agents. Pure.

const INDENT = "  ";

/** Lines {kind, depth, text, chars, name} as a Markdown list, depth by indent; what is not all there says so. */
export function asMarkdown(lines) {
  return lines.map((line) => markdown(line)).join("\n");
}

function markdown({ kind, depth, text, chars, name }) {
  const indent = INDENT.repeat(depth);
  const whole = chars > text.length ? `${text} … (${chars} characters)` : text;
  const body = whole.replaceAll("\n", `\n${indent}${INDENT}`);
  if (kind === "step") return `${indent}- **${name}**`;
  if (kind === "arguments" || kind === "tool_call") return `${indent}- \`${name || "input"}\` ${body}`.trimEnd();
  if (kind === "result" || kind === "tool_result") return `${indent}${INDENT}→ ${body}`;
  if (kind === "error") return `${indent}${INDENT}✕ ${body}`;
  return `${indent}- ${kind}: ${body}`;
}
