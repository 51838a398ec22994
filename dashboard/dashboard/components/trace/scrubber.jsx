// One step to the next of a sort: the same tool, a sibling, a model call, an error. Says how many there are.
import { useMemo } from "react";
import { exact } from "../shared/format.js";
import { ERROR, kindOf, nameOf } from "./tree.js";

export function Scrubber({ tree, selected, keys }) {
  const lines = useMemo(() => {
    const same = (i) => tree.name[i] === tree.name[selected] && tree.kind[i] === tree.kind[selected];
    const sibling = (i) => tree.parent[i] === tree.parent[selected];
    return [
      { label: nameOf(tree, selected), what: "with the same name", key: "t", test: same, previous: "previousPeer", next: "nextPeer" },
      { label: "sibling", what: "with the same parent", key: "", test: sibling, previous: "previousSibling", next: "nextSibling" },
      { label: "LLM call", what: "model call", key: ". ,", test: (i) => kindOf(tree, i) === "llm", previous: "previousCall", next: "nextCall" },
      { label: "error", what: "error", key: "e", test: (i) => tree.status[i] === ERROR, previous: "previousError", next: "nextError" },
    ].map((line) => ({ ...line, ...standing(tree, selected, line.test) })).filter((line) => line.count > (line.at ? 1 : 0));
  }, [tree, selected]);
  if (lines.length === 0) return null;
  return (
    <nav className="scrubber" aria-label="Step through spans">
      {lines.map(({ label, what, key, previous, next, at, count }) => (
        <span key={previous} className="scrub">
          <button type="button" onClick={keys[previous]} aria-label={`Previous ${what}`} title={`Previous ${what}`}>‹</button>
          <span className="scrub-label" title={`${what}${key && ` (${key})`}`}>{label}</span>
          <i>{at ? `${exact(at)}/` : ""}{exact(count)}</i>
          <button type="button" onClick={keys[next]} aria-label={`Next ${what}`} title={`Next ${what}`}>›</button>
        </span>
      ))}
    </nav>
  );
}

/** How many spans pass, and the place of the selected one among them, 0 when it does not pass. */
function standing(tree, selected, test) {
  let count = 0;
  let at = 0;
  for (let i = 0; i < tree.n; i += 1) {
    if (!test(i)) continue;
    count += 1;
    if (i === selected) at = count;
  }
  return { count, at };
}
