// The flow of a trace as a graph: steps and how they follow each other, with counts. Only what is certain is drawn.
import { useEffect, useMemo, useState } from "react";
import { flow, paired, ranked, wideAs } from "./flow.js";
import { duration, exact, plural } from "../shared/format.js";
import { KindIcon, kindClass } from "../shared/icons.jsx";
import { Switch } from "../shared/switch.jsx";
import { useWidth } from "../shared/use_list_page.js";
import { useRoving } from "../shared/use_roving.js";

const HOW_MUCH = [[false, "aggregated", "One node for all steps with the same name"], [true, "expanded", "Steps under different parents are separate nodes"]];
const HEIGHT = 46;
const GAP_Y = 26;
const PAD = 14;
const SMALLEST = 0.75; // of its size: smaller cannot be read, and then it scrolls
const ABOVE = 28; // room for the loop of a node in the first row
const NODES_MAX = 200; // more is a thicket: the largest are drawn, and it is said

export function FlowView({ trace, selected, select, url, change }) {
  const { tree } = trace;
  const [expanded, setExpanded] = useState(false);
  const [measured, room] = useWidth();
  const derived = useMemo(() => flow(tree, expanded), [tree, expanded]);
  const graph = useMemo(() => drawn(derived, room - 2 * PAD), [derived, room]);
  const here = graph.nodes.find((node) => node.spans.includes(selected));
  const width = Math.max(...graph.nodes.map((node) => node.x + node.wide)) + PAD;
  const height = Math.max(...graph.nodes.map((node) => node.y)) + HEIGHT + ABOVE;
  const scale = Math.max(SMALLEST, Math.min(1, room / width));
  const roving = useRoving();
  useEffect(() => {
    roving.ref.current.querySelector(".flow-node.here")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [here?.key]);
  const pickOf = (node) => (url.pick === `name:${node.name}` ? "" : `name:${node.name}`);
  return (
    <div className="flow-view">
      <div className="table-tools">
        <Switch label="How much to draw" options={HOW_MUCH} chosen={expanded} choose={setExpanded} />
        <span className="dim">
          {plural(graph.nodes.length, "step")}{graph.left > 0 && `, ${graph.left} smaller ones not drawn`} · dashed: calls · solid: follows · two arrowheads: there and back
        </span>
      </div>
      <div className="flow-scroll" {...roving}>
        <div ref={measured} />
        <svg viewBox={`0 0 ${width} ${height}`} width={width * scale} height={height * scale} role="group" aria-label="Flow of the trace">
          <defs>
            <marker id="flow-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0l8 4-8 4z" className="arrow-head" /></marker>
          </defs>
          {graph.edges.map((edge) => <Edge key={`${edge.from}${edge.type}${edge.to}`} edge={edge} graph={graph} />)}
          {/* Above all lines. */}
          {graph.edges.map((edge) => <Count key={`${edge.from}${edge.type}${edge.to}`} edge={edge} graph={graph} />)}
          {graph.nodes.map((node) => (
            <foreignObject key={node.key} x={node.x} y={node.y} width={node.wide} height={HEIGHT}>
              <button type="button" tabIndex={-1} data-stop={node.place ? "" : "head"} aria-current={node === here ? "true" : undefined} className={`flow-node ${kindClass(node.kind)}${node === here ? " here" : ""}`}
                onClick={() => { select(node.spans.find((i) => i > selected) ?? node.spans[0]); change({ pick: pickOf(node) }); }}
                title={`${node.name}: ${plural(node.spans.length, "span")}, ${duration(node.us / 1000)} in total. Click to highlight them in the tree.`}>
                <KindIcon kind={node.kind} />
                <span className="flow-name" dir="auto">{node.name}</span>
                <span className="flow-facts">
                  ×{exact(node.spans.length)} · {duration(node.us / 1000)}{node.errors > 0 && <b className="s-error"> ✕ {node.errors}</b>}
                </span>
                <i className="flow-share" style={{ width: `${(100 * node.us) / graph.longest}%` }} aria-hidden="true" />
                {node.errors > 0 && <i className="flow-failed" style={{ width: `${(100 * node.errors) / node.spans.length}%` }} aria-hidden="true" />}
              </button>
            </foreignObject>
          ))}
        </svg>
      </div>
    </div>
  );
}

/** A graph with places in pixels, in a room of so many where it fits; of a very large one, the nodes that took most time. */
function drawn(graph, room) {
  const all = ranked(graph);
  const kept = all.length > NODES_MAX ? [...all].sort((a, b) => b.us - a.us).slice(0, NODES_MAX) : [...all];
  kept.sort((a, b) => a.rank - b.rank || a.place - b.place); // as the keys go: down a column, then to the next
  const { widths, gap } = wideAs(room, kept);
  const left = (rank) => widths.slice(0, rank).reduce((x, wide) => x + wide + gap, PAD);
  const nodes = kept.map((node) => ({ ...node, x: left(node.rank), wide: widths[node.rank], y: ABOVE + node.place * (HEIGHT + GAP_Y) }));
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const edges = labelled(paired(graph.edges).filter((edge) => byKey.has(edge.from) && byKey.has(edge.to)));
  return { nodes, edges, byKey, gap, left: all.length - kept.length, longest: Math.max(1, ...nodes.map((node) => node.us)) };
}

/** Where each count stands: at the end of its edge where fewer others are. */
function labelled(edges) {
  const meet = (end, key) => edges.filter((edge) => !edge.back && edge[end] === key).length;
  return edges.map((edge) => ({ ...edge, atStart: meet("to", edge.to) > meet("from", edge.from) }));
}

/** Where an edge runs: {path, label}, its course and the place of its count. */
function courseOf(edge, { byKey, gap }) {
  const from = byKey.get(edge.from);
  const to = byKey.get(edge.to);
  const [x1, y1] = [from.x + from.wide, from.y + HEIGHT / 2];
  const [x2, y2] = [to.x, to.y + HEIGHT / 2];
  let path;
  let label;
  if (edge.from === edge.to) {
    const [x, y] = [from.x + from.wide / 2, from.y];
    path = `M${x + 20} ${y} C${x + 34} ${y - 22} ${x - 34} ${y - 22} ${x - 20} ${y}`;
    label = [x, y - 12];
  } else if (edge.back) {
    const low = Math.max(from.y, to.y) + HEIGHT;
    const [xa, xb] = [from.x + from.wide / 2, to.x + to.wide / 2];
    path = `M${xa} ${from.y + HEIGHT} C${xa} ${low + 22} ${xb} ${low + 22} ${xb} ${to.y + HEIGHT}`;
    label = [(xa + xb) / 2, low + 19];
  } else {
    // To the next rank it turns away from its count, which many edges that meet would else run through.
    const reach = x2 - x1;
    const [out, into] = reach > gap + 1 ? [0.5, 0.5] : edge.atStart ? [0.85, 0.35] : [0.35, 0.85];
    path = `M${x1} ${y1} C${x1 + out * reach} ${y1} ${x2 - into * reach} ${y2} ${x2} ${y2}`;
    label = edge.atStart ? [x1 + 0.36 * gap, y1 - 5] : [x2 - 0.36 * gap, y2 - 5];
  }
  return { path, label };
}

function Edge({ edge, graph }) {
  return (
    <g className={`flow-edge ${edge.type}${edge.back || edge.returns ? " back" : ""}`}>
      <path d={courseOf(edge, graph).path} markerEnd="url(#flow-arrow)" markerStart={edge.returns ? "url(#flow-arrow)" : undefined} />
    </g>
  );
}

/** How often an edge was followed, where it was more than once or leads back. */
function Count({ edge, graph }) {
  if (edge.count === 1 && !edge.back && !edge.returns) return null;
  const [x, y] = courseOf(edge, graph).label;
  return (
    <text className="flow-count" x={x} y={y}>
      {edge.back ? "↺" : ""}×{edge.count}
      {edge.returns > 0 && <title>{`Followed ${edge.count} times, and back ${edge.returns} times`}</title>}
    </text>
  );
}
