// What fills the context of a model call, against what the model takes in, and how it grew over the calls before.
import { contextParts, growthBars } from "./context_parts.js";
import { count, exact } from "../shared/format.js";

const NEARLY_FULL = 0.8;
const BARS_MAX = 50; // for which there is room

export function ContextBar({ span, growth }) {
  const parts = contextParts(span);
  if (!parts) return null;
  const total = span.usage.input;
  const window = span.context_window;
  const share = window ? total / window : null;
  return (
    <section className="context" aria-label="What fills the context">
      <div className="context-bar" role="img" aria-label={parts.map((part) => `${part.label} about ${part.tokens} tokens`).join(", ")}>
        {parts.map((part) => (
          <i key={part.id} className={`ctx-${part.id}`} style={{ width: `${(100 * part.tokens) / total}%` }} title={`${part.label}: about ${exact(part.tokens)} tokens (${exact(part.chars)} characters; estimated by length from the counted input)`} />
        ))}
      </div>
      <p className="context-legend">
        {parts.map((part) => <span key={part.id} className={`ctx-${part.id}`}>{part.label} ≈{count(part.tokens)} tok</span>)}
        {window && (
          <span className={share > NEARLY_FULL ? "s-warn" : "dim"} title={`${exact(total)} of the ${exact(window)} tokens the model accepts`}>
            {share > NEARLY_FULL ? "⚠ " : ""}{share < 0.01 ? "<1" : Math.round(100 * share)} % of {count(window)}
          </span>
        )}
        {growth?.length > 2 && <Growth calls={growth} />}
      </p>
    </section>
  );
}

/** The tokens of the calls of the trace, one after the other; the present one stands out. */
function Growth({ calls }) {
  const bars = growthBars(calls, BARS_MAX);
  const most = Math.max(...bars.map((bar) => bar.tokens));
  return (
    <span className="growth" role="img" aria-label={`Tokens in each of this trace's ${calls.length} calls, at most ${most}`} title="Tokens in each model call of this trace">
      {bars.map((bar, n) => <i key={n} className={bar.here ? "here" : ""} style={{ height: `${Math.max(8, (100 * bar.tokens) / most)}%` }} />)}
    </span>
  );
}
