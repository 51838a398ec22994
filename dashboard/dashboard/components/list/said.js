// What was asked of a span and what came out, as one value each. Pure functions.

const spoken = (message) => (message?.parts || []).map(({ content }) => content).filter((text) => typeof text === "string" && text).join("\n\n");

/** Of messages the last that says something in words; else the value as it was sent; else what the row shows of it. */
function oneOf(messages, raw, preview) {
  const last = (messages || []).map(spoken).filter(Boolean).at(-1);
  return last ?? raw ?? preview ?? null;
}

/** {input, output} of a span (GET …/spans/ID) whose trace's row is `trace`; null for what is not known. */
export function said(span, trace) {
  return {
    input: oneOf(span.input_messages?.filter(({ role }) => role === "user"), span.input_raw, trace?.input_preview),
    output: oneOf(span.output_messages, span.output_raw, trace?.output_preview),
  };
}
