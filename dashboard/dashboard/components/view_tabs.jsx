// The views over one selection.

const LABELS = { tree: "Tree", chat: "Chat", transcript: "Transcript", graph: "Graph", table: "Table", raw: "Raw" };
const GRAPH_FROM = 3; // fewer nodes are no graph

/** The views that have something to show for this trace. */
export function viewsOf(tree) {
  const wide = tree.names.length >= GRAPH_FROM && tree.n >= GRAPH_FROM;
  return ["tree", ...(wide ? ["graph"] : []), "table", "raw"];
}

export function ViewTabs({ tree, view, go }) {
  const views = viewsOf(tree);
  const keyOf = (id) => Object.keys(LABELS).indexOf(id) + 1;
  return (
    <div className="view-tabs" role="tablist" aria-label="Views of the trace">
      {views.map((id) => (
        <button key={id} type="button" role="tab" aria-selected={id === view} onClick={() => go({ view: id === "tree" ? "" : id })} title={`${LABELS[id]} (${keyOf(id)})`}>
          {LABELS[id]}
        </button>
      ))}
    </div>
  );
}
