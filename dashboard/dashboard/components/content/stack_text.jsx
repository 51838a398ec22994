// A stack trace: where it broke is in sight, the way there is a click away.
import { useState } from "react";
import { plural } from "../shared/format.js";
import { Copy, Fold, LongText } from "../shared/parts.jsx";
import { innermostAt } from "./stack.js";

/** `open`: whether it is at first. */
export function StackText({ stack, open }) {
  const from = innermostAt(stack);
  const [whole, setWhole] = useState(from === 0);
  const before = plural(stack.slice(0, from).split("\n").length - 1, "line");
  return (
    <Fold title="Stack" note={plural(stack.trim().split("\n").length, "line")} open={open}>
      <div className="stack">
        <Copy text={stack} label="Copy the stack" />
        {!whole && <p className="more"><button type="button" onClick={() => setWhole(true)}>Show the {before} before</button></p>}
        <LongText key={whole} text={whole ? stack : stack.slice(from)} mono open={from > 0} />
      </div>
    </Fold>
  );
}
