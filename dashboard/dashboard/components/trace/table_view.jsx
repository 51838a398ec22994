// A trace summed up: by name, kind, model, tool or agent; of all of it, or of the stretch that is marked in the timeline.
import { useEffect, useMemo, useRef } from "react";
import { GROUPINGS, aggregate, sorted } from "./aggregate.js";
import { count, dollars, duration, exact, plural } from "../shared/format.js";
import { KindIcon } from "../shared/icons.jsx";
import { Switch } from "../shared/switch.jsx";
import { useRoving } from "../shared/use_roving.js";

const COLUMNS = [
  ["calls", "Calls"], ["errors", "Errors"], ["us", "Time"], ["p50", "p50"], ["max", "Longest"], ["tokens", "Tokens"], ["cost", "Cost"],
];

/** The rows of the table of a trace in their order, and what they are grouped and sorted by; none while it is not shown. */
export function useGroups(tree, url, isShown) {
  const by = GROUPINGS.some(([id]) => id === url.by) ? url.by : "name";
  const column = url.sort === "value" || COLUMNS.some(([id]) => id === url.sort) ? url.sort : "us";
  const rows = useMemo(() => (isShown ? sorted(aggregate(tree, by, url.area), column) : []), [isShown, tree, by, url.area, column]);
  return { rows, by, column };
}

/** `groups` of useGroups. */
export function TableView({ trace, groups, selected, select, url, change, go }) {
  const { tree } = trace;
  const { rows, by, column } = groups;
  const setColumn = (sort) => change({ sort });
  const box = useRef(null);
  const roving = useRoving();
  useEffect(() => { box.current.querySelector("tr.here")?.scrollIntoView({ block: "nearest" }); }, [selected]);
  const longest = Math.max(1, ...rows.map((row) => row.us));
  const has = { tokens: rows.some((row) => row.tokens != null), cost: rows.some((row) => row.cost != null) };
  const columns = COLUMNS.filter(([id]) => has[id] ?? true);
  return (
    <div className="table-view">
      <div className="table-tools">
        <Switch label="Group by" options={GROUPINGS.map(([id, title]) => [id, title])} chosen={by} choose={(id) => change({ by: id })} />
        <span className="dim">{url.area ? `Spans overlapping the marked ${duration((url.area[1] - url.area[0]) / 1000)}` : `All ${plural(tree.n, "span")}`}</span>
      </div>
      <div className="table-scroll" ref={box}>
        <table className="figures-table">
          <thead>
            <tr>
              <th scope="col" aria-sort={column === "value" ? "ascending" : undefined}><button type="button" onClick={() => setColumn("value")}>{GROUPINGS.find(([id]) => id === by)[1]}</button></th>
              {columns.map(([id, title]) => (
                <th key={id} scope="col" className="num" aria-sort={column === id ? "descending" : undefined}>
                  <button type="button" onClick={() => setColumn(id)} title={`Sort by ${title.toLowerCase()}`}>{title}{column === id ? " ↓" : ""}</button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody {...roving}>
            {rows.map((row) => ({ ...row, here: row.spans.includes(selected) })).map((row) => (
              <tr key={`${row.kind} ${row.value}`} className={row.here ? "here" : ""}>
                <th scope="row">
                  <button type="button" tabIndex={-1} data-stop="head" aria-current={row.here ? "true" : undefined} onClick={() => select(next(row.spans, selected))} title="Select the next one">
                    {by !== "model" && <KindIcon kind={row.kind} />}<span dir="auto">{row.value}</span>
                  </button>
                  <button type="button" className="only" tabIndex={row.here ? 0 : -1} onClick={() => go({ pick: by === "kind" ? `kind:${row.value}` : `name:${row.value}`, view: "" })} hidden={by === "model"} title="Show them in the tree">in tree</button>
                </th>
                <td className="num">{exact(row.calls)}</td>
                <td className={row.errors ? "num s-error" : "num"}>{row.errors ? `✕ ${exact(row.errors)}` : ""}</td>
                <td className="num c-time" title={`${row.us} µs in total; parallel spans each count in full`}>
                  <i style={{ "--share": row.us / longest }} className={`k-bar k-${row.kind}`} aria-hidden="true" /><span>{duration(row.us / 1000)}</span>
                </td>
                <td className="num">{row.p50 == null ? "–" : duration(row.p50 / 1000)}</td>
                <td className="num">{row.max == null ? "–" : duration(row.max / 1000)}</td>
                {has.tokens && <td className="num" title={row.tokens == null ? "Unknown" : exact(row.tokens)}>{count(row.tokens)}</td>}
                {has.cost && <td className="num" title={row.cost == null ? "Unknown" : `$${row.cost}`}>{dollars(row.cost)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p className="dim pad">No such spans{url.area ? " in the marked range" : ""}.</p>}
      </div>
    </div>
  );
}

/** The one after the selected, or the first. */
const next = (spans, selected) => spans.find((i) => i > selected) ?? spans[0];
