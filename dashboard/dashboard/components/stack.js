// What a stack trace says besides its lines. Pure functions.

const CHAIN = /\n\s*(?:The above exception was the direct cause of the following exception|During handling of the above exception, another exception occurred):\s*\n/;
const LINE_MAX = 400; // characters

/** The exception with which a chain of Python's began, in one line: "h11.RemoteProtocolError: peer closed …". Null where there is no chain. */
export function firstCause(stack) {
  const [first, ...others] = stack.split(CHAIN);
  if (!others.length) return null;
  // The last line that is not indented is the exception; more lines of its message may follow, indented or not.
  const lines = first.trim().split("\n").filter((line) => /^[\w.]+(?:: |$)/.test(line) && !line.startsWith("Traceback"));
  return lines.at(-1)?.slice(0, LINE_MAX) ?? null;
}
