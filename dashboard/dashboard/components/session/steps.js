// The steps of a turn, out of the transcript of its trace. Pure functions.

/**
 * A transcript without what stands around it: the root, the question with all that was said before, and the answer. Steps of
 * one name that follow each other are one, {…, times}.
 */
export function stepsOf(lines, asked, answered) {
  const isAsked = ({ kind, text }) => kind === "user" && asked.startsWith(text);
  const question = Math.max(lines.findLastIndex(isAsked), lines.findIndex(({ kind }) => kind === "user"));
  const isBefore = ({ kind }, n) => n < question && /^(assistant|tool_call|tool_result|reasoning)$/.test(kind);
  const said = answered.trim();
  // A step that makes the answer, as a compaction does, says it as its result.
  const isAnswer = ({ kind, span_kind: of, text }) => (kind === "assistant" || (kind === "result" && of === "chain")) && said.startsWith(text.trim());
  const isRoot = ({ kind, depth }) => kind === "step" && depth === 0;
  return runsOf(lines.filter((line, n) => !/^(system|user)$/.test(line.kind) && !isRoot(line) && !isBefore(line, n) && !isAnswer(line)));
}

function runsOf(lines) {
  const runs = [];
  for (const line of lines) {
    const last = runs.at(-1);
    const isNext = last?.kind === "step" && line.kind === "step" && last.name === line.name && last.depth === line.depth;
    if (isNext) {
      const until_ms = line.duration_ms == null ? null : line.offset_ms + line.duration_ms;
      runs[runs.length - 1] = { ...last, times: (last.times || 1) + 1, duration_ms: until_ms === null ? null : until_ms - last.offset_ms };
    }
    else runs.push(line);
  }
  return runs;
}

/** What a message of a turn says in words; of none "". */
export const textOf = (said) => (said?.message.parts || []).map(({ content }) => (typeof content === "string" ? content : "")).join("\n");
