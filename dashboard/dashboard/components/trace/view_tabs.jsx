// The views over one selection.
import { alongButtons } from "../shared/along_buttons.js";
import { callsOf } from "./calls.js";
import { kindOf } from "./tree.js";

const LABELS = { tree: "Tree", chat: "Chat", transcript: "Transcript", graph: "Graph", table: "Table", raw: "Raw" };
const GRAPH_FROM = 3; // fewer nodes are no graph

/** The views that have something to show for this trace. */
export function viewsOf(tree) {
  const wide = tree.names.length >= GRAPH_FROM && tree.n >= GRAPH_FROM;
  return ["tree", ...(callsOf(tree).length ? ["chat"] : []), "transcript", ...(wide ? ["graph"] : []), "table", "raw"];
}

/** The view that fits a trace: of one model call and what merely wraps it, the conversation; of any other the tree. */
export function usualView(tree) {
  if (tree.n > 4 || callsOf(tree).length !== 1) return "tree";
  for (let i = 0; i < tree.n; i += 1) if (!["llm", "chain", "agent", "other"].includes(kindOf(tree, i))) return "tree";
  return "chat";
}

export function ViewTabs({ tree, view, go }) {
  const views = viewsOf(tree);
  const usual = usualView(tree);
  const keyOf = (id) => Object.keys(LABELS).indexOf(id) + 1;
  return (
    <div className="view-tabs" role="tablist" aria-label="Views of the trace" onKeyDown={alongButtons}>
      {views.map((id) => (
        <button key={id} type="button" role="tab" aria-selected={id === view} tabIndex={id === view ? 0 : -1} onClick={() => go({ view: id === usual ? "" : id })} title={`${LABELS[id]} (${keyOf(id)})`}>
          {LABELS[id]}
        </button>
      ))}
    </div>
  );
}
