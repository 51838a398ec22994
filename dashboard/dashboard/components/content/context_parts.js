// What the context of a model call is made of: characters by where they come from, as a share of the input tokens. Pure.

/** The parts, in the order in which they stand in a request: [id, label]. */
const PARTS = [
  ["system", "system"], ["tools", "tool definitions"], ["history", "earlier messages"], ["results", "tool results"], ["fresh", "new messages"],
  ["unsent", "not sent"],
];

/** Attributes with no more than the messages that are new since the call before. */
const ONLY_NEW_KEYS = ["new_context", "llm_tracer.input.new_messages"];

/** Where the rest was not sent, how many characters make a token is not known: so many, mostly. */
const CHARS_PER_TOKEN = 4;

const sizeOf = (value) => (value == null ? 0 : typeof value === "string" ? value.length : JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one)).length);

/** What is said in a part, in characters; a reference counts what it stands for. */
function partSize(part) {
  if (part?.content?.$blob) return part.content.bytes || 0;
  return sizeOf(part?.content ?? part?.arguments ?? part?.data);
}

/** How many messages a model has answered already: to what comes after its last answer it is to answer now. */
const answeredUntil = (messages) => messages.findLastIndex(({ role }) => role === "assistant") + 1;

/**
 * Parts {id, label, chars, tokens} of a span's input that are not empty; null for a span without messages or without
 * input tokens. Tokens are estimated: the characters of each part share what was counted, which they add up to. Of a call
 * that sent only what is new, the rest is a part of its own.
 */
export function contextParts(span) {
  const total = span.usage?.input;
  const messages = span.input_messages || [];
  if (!total || (!messages.length && !span.system?.length)) return null;
  const known = span.delta ? Math.min(span.delta.first_new, messages.length) : answeredUntil(messages);
  const chars = { system: 0, tools: sizeOf(span.tool_definitions?.length ? span.tool_definitions : null), history: 0, results: 0, fresh: 0 };
  for (const part of span.system || []) chars.system += partSize(part);
  messages.forEach((message, i) => {
    const isSystem = message.role === "system" || message.role === "developer";
    for (const part of message.parts || []) {
      const where = isSystem ? "system" : part.type === "tool_result" ? "results" : i < known ? "history" : "fresh";
      chars[where] += partSize(part);
    }
  });
  const sent = Object.values(chars).reduce((sum, n) => sum + n, 0);
  if (!sent) return null;
  if (ONLY_NEW_KEYS.includes(span.provenance?.input_messages)) chars.unsent = Math.max(0, total * CHARS_PER_TOKEN - sent);
  const all = sent + (chars.unsent || 0);
  const isFirst = !chars.history && !chars.results && !chars.unsent; // then all messages are new
  const labelOf = { ...Object.fromEntries(PARTS), ...(isFirst && { fresh: "messages" }) };
  const parts = PARTS.filter(([id]) => chars[id] > 0).map(([id]) => ({ id, label: labelOf[id], chars: chars[id], tokens: Math.round((total * chars[id]) / all) }));
  // Rounding must not make the parts differ from their sum.
  const largest = parts.reduce((a, b) => (b.tokens > a.tokens ? b : a));
  largest.tokens += total - parts.reduce((sum, part) => sum + part.tokens, 0);
  return parts;
}

/** The calls of a trace {tokens, here} as at most `most` bars: calls that follow each other share one, which is as high as the largest. */
export function growthBars(calls, most) {
  const each = Math.ceil(calls.length / most);
  return Array.from({ length: Math.ceil(calls.length / each) }, (_, n) => calls.slice(n * each, (n + 1) * each))
    .map((some) => ({ tokens: Math.max(...some.map((call) => call.tokens)), here: some.some((call) => call.here) }));
}
