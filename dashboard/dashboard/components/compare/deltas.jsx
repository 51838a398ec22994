// How far a figure of B is from that of A. Less is not always better, so only more errors are red.
import { ratio, signed } from "./deltas.js";
import { Fact } from "../shared/fact.jsx";
import { count, dollars, duration, exact } from "../shared/format.js";

/** [id in the answer, label, how its values are written]. */
const FIGURES = [
  ["duration_ms", "Duration", duration],
  ["total_tokens", "Tokens", count],
  ["cost", "Cost", (value) => dollars(value)],
  ["spans", "Spans", exact],
  ["errors", "Errors", exact],
];

/** The exact values, and of tokens which were read and which written. */
function titleOf(id, differences) {
  const lines = [["A", "a"], ["B", "b"]].map(([label, side]) => {
    const value = differences[id][side];
    const [input, output] = [differences.input_tokens[side], differences.output_tokens[side]];
    return `${label}: ${value ?? "unknown"}${id === "total_tokens" && input != null ? ` (${input} in, ${output ?? "?"} out)` : ""}`;
  });
  return lines.join("\n");
}

/** The figures of both sides: A → B, and the difference. Those that neither side knows are left out. */
export function Deltas({ differences }) {
  return (
    <dl className="facts deltas">
      {FIGURES.filter(([id]) => differences[id] && (differences[id].a != null || differences[id].b != null)).map(([id, label, text]) => {
        const values = differences[id];
        const worse = id === "errors" && values.delta > 0;
        return (
          <Fact key={id} label={label} title={titleOf(id, differences)}>
            <span>{text(values.a)} → {text(values.b)}</span>
            <i className={worse ? "s-error" : undefined}>{values.delta ? `${signed(values.delta, text)}${ratio(values) && ` · ${ratio(values)}`}` : values.delta === 0 ? "same" : ""}</i>
          </Fact>
        );
      })}
    </dl>
  );
}
