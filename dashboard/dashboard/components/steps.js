// The steps of a turn, out of the transcript of its trace. Pure functions.

/** A transcript without what stands around it: the question with all that was said before, and the answer. */
export function stepsOf(lines, asked, answered) {
  const isAsked = ({ kind, text }) => kind === "user" && asked.startsWith(text);
  const question = Math.max(lines.findLastIndex(isAsked), lines.findIndex(({ kind }) => kind === "user"));
  const isBefore = ({ kind }, n) => n < question && /^(assistant|tool_call|tool_result|reasoning)$/.test(kind);
  const isAnswer = ({ kind, text }) => kind === "assistant" && answered.startsWith(text);
  return lines.filter((line, n) => !/^(system|user)$/.test(line.kind) && !isBefore(line, n) && !isAnswer(line));
}

/** What a message of a turn says in words; of none "". */
export const textOf = (said) => (said?.message.parts || []).map(({ content }) => (typeof content === "string" ? content : "")).join("\n");
