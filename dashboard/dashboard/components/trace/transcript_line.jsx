// One line of a transcript: a step that holds others, or something that was said, called or given.
import { useState } from "react";
import { count, duration, exact } from "../shared/format.js";
import { KindIcon } from "../shared/icons.jsx";

const JSON_BEGINS = /^\s*[[{]/; // which runs from left to right in any language
const LONG = 400; // characters: a longer line is folded to its beginning
const QUIET = { system: 120, reasoning: 120 }; // characters that are shown of what is read last
const ROLE = { system: "system", user: "user", assistant: "assistant", reasoning: "reasoning", tool_call: "calls", tool_result: "result", arguments: "input", result: "→", error: "✕" };

/** `step` {kind, name, ms, times} is what is known of its span, `time` is its place in time as text, `pick` selects it. */
export function TranscriptLine({ line, step, time, here, pick }) {
  const [open, setOpen] = useState(false);
  const shownChars = QUIET[line.kind] || LONG;
  const isFolded = !open && line.kind !== "step" && (line.text.length > LONG || line.kind in QUIET);
  const text = isFolded ? line.text.slice(0, shownChars).replace(/\s+/g, " ") : line.text;
  const more = line.chars - text.length;
  const isAction = line.name && (line.kind === "arguments" || line.kind === "tool_call");
  return (
    <div className={`line l-${line.kind}${here ? " here" : ""}`} style={{ "--depth": Math.min(line.depth, 16) }} onMouseDown={pick}>
      {time !== undefined && <time className="line-time">{time}</time>}
      {line.kind === "step" ? (
        <b className="line-step">
          <KindIcon kind={step.kind} /><bdi>{step.name}</bdi>
          {step.times > 1 && <i>×{exact(step.times)}</i>}
          {step.ms != null && <i>{duration(step.ms)}</i>}
        </b>
      ) : (
        <>
          {isAction ? <b className="line-tool"><KindIcon kind="tool" />{line.name}{line.kind === "arguments" && step.ms != null && <i>{duration(step.ms)}</i>}</b> : <span className="line-role">{line.name && line.kind !== "tool_result" ? line.name : ROLE[line.kind]}</span>}
          <span className="line-text" dir={JSON_BEGINS.test(line.text) ? "ltr" : "auto"}>
            {text}
            {more > 0 && (
              isFolded ? <button type="button" className="link" onClick={() => setOpen(true)}> … {count(more)} more</button>
                : <i className="dim"> … {count(more)} more characters in the span</i>
            )}
          </span>
        </>
      )}
    </div>
  );
}
