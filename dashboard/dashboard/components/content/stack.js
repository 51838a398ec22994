// What a stack trace says besides its lines. Pure functions.

const CHAIN = /\n\s*(?:The above exception was the direct cause of the following exception|During handling of the above exception, another exception occurred):\s*\n/;
const LINE_MAX = 400; // characters
const INNERMOST = 12; // lines of a long stack that are shown at first
const SHORT = 20; // lines that are shown whole

/** The exception with which a chain of Python's began, in one line: "h11.RemoteProtocolError: peer closed …". Null where there is no chain. */
export function firstCause(stack) {
  const [first, ...others] = stack.split(CHAIN);
  if (!others.length) return null;
  // The last line that is not indented is the exception; more lines of its message may follow, indented or not.
  const lines = first.trim().split("\n").filter((line) => /^[\w.]+(?:: |$)/.test(line) && !line.startsWith("Traceback"));
  return lines.at(-1)?.slice(0, LINE_MAX) ?? null;
}

/**
 * Where the innermost frames of a stack begin, in characters: Python has them last, and of a long one nothing else is asked
 * for at first. 0 of a short stack, and of one that begins with them, as JavaScript and Java write it.
 */
export function innermostAt(stack) {
  const lines = stack.trimEnd().split("\n");
  if (lines.length <= SHORT || !stack.includes("(most recent call last)")) return 0;
  const from = lines.length - INNERMOST;
  const frame = lines.findIndex((line, n) => n >= from && line.startsWith("  File "));
  return lines.slice(0, frame < 0 ? from : frame).reduce((sum, line) => sum + line.length + 1, 0);
}
