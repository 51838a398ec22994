// The rows of the grid: one span, or a run of like ones. Everything in them comes from the columns of the tree.
import { memo } from "react";
import { endOf, inWindow } from "./axis.js";
import { count, dollars, duration, plural } from "../shared/format.js";
import { KindIcon, kindClass } from "../shared/icons.jsx";
import { Lasting } from "../span/lasting.jsx";
import { rowPreview } from "../content/row_preview.js";
import { runPreview } from "./run_preview.js";
import { ERROR, FLAG, hasChildren, isEndless, kindOf, modelOf, nameBelow, nameOf, spanId } from "./tree.js";

const INDENT = [4, 14]; // px a level, at least and at most
const INDENTS = 100; // px for all levels together, as far as INDENT allows: a name needs its room
const SHORT_WHY = 12; // characters: "500" alone does not say what failed
const DEPTH_MAX = 24; // deeper spans are not moved further to the right

/** How far a level of this tree is moved to the right, in px. The same for all of its rows, whatever is folded. */
export function indentOf(tree) {
  const [least, most] = INDENT;
  return Math.max(least, Math.min(most, Math.floor(INDENTS / Math.max(1, Math.min(tree.deepest, DEPTH_MAX)))));
}

/** Left and width of [from, to] µs in the window, as CSS; null when out of sight. */
function placed(axis, zoom, from, to) {
  const left = inWindow(zoom, axis.place(from));
  const right = inWindow(zoom, axis.place(to));
  if (right < 0 || left > 1) return null;
  const start = Math.max(0, left);
  return { left: `min(${100 * start}%, 100% - 3px)`, width: `${100 * Math.max(0, Math.min(1, right) - start)}%` };
}

/** How far to the right a name stands; its guides, a line a level, are a background: an element of their own costs each frame of a scroll more. */
const indented = (depth, indent) => ({ paddingLeft: 6 + depth * indent, "--guides": `${depth * indent}px` });

/** How much of the whole: a word for the weight of the figure. */
const heat = (part, whole) => (whole > 0 && part > 0.5 * whole ? " hot" : whole > 0 && part > 0.25 * whole ? " warm" : "");

export const SpanRow = memo(function SpanRow({ tree, i, row, axis, zoom, folded, isSelected, select, fold, indent, inRun, dim, path, hit }) {
  const isParent = hasChildren(tree, i);
  const failed = tree.status[i] === ERROR;
  const length = tree.duration_us[i];
  const isOpen = (tree.flags[i] & FLAG.open) !== 0;
  const endless = isEndless(tree, i);
  const tokens = folded ? tree.sumTokens[i] || null : tree.tokens[i];
  const cost = folded ? (tree.hasCost[i] ? tree.sumCost[i] : null) : tree.cost[i];
  const sum = folded ? "Including folded spans: " : "";
  const toggle = (event) => {
    event.stopPropagation();
    fold(i);
  };
  const depth = Math.min(indent, DEPTH_MAX) + (inRun ? 1 : 0);
  const why = tree.failures?.[i];
  const told = why && why.length <= SHORT_WHY && tree.previews[i] ? `${why} · ${rowPreview(tree.previews[i])}` : why;
  const said = inRun && !hit && !why ? tree.previews[i] : null; // the row of the run has the name: what was said tells its spans apart
  return (
    <div className={`span-row${isSelected ? " selected" : ""}${failed ? " failed-row" : ""}${tokens == null && cost == null ? " bare" : ""}${dim ? " dimmed" : ""}`} style={{ top: row * 28 }} role="row"
      id={isSelected ? `s-${spanId(tree, i)}` : undefined} data-span={i} aria-level={tree.depth[i] + 1} aria-expanded={isParent ? !folded : undefined}
      aria-selected={isSelected} aria-rowindex={row + 1} onMouseDown={(event) => event.button === 0 && !event.shiftKey && select(i)}>
      <span role="gridcell" className="g-name" style={indented(depth, indentOf(tree))} onDoubleClick={isParent ? () => fold(i) : undefined}>
        {isParent ? (
          <span className="chevron" onMouseDown={toggle} onDoubleClick={(event) => event.stopPropagation()} aria-hidden="true">{folded ? "▸" : "▾"}</span>
        ) : (
          <span className="chevron" aria-hidden="true" />
        )}
        <Name tree={tree} i={i} hit={hit} said={said} />
        {folded && <i className="count" title={plural(tree.end[i] - i - 1, "folded span")}>{count(tree.end[i] - i - 1)}</i>}
        {!hit && !said && !why && tree.previews[i] && <i className="row-preview" dir="auto" title={tree.previews[i]}>{rowPreview(tree.previews[i])}</i>}
        {!hit && why && <i className="row-preview row-why" dir="auto" title={[why, tree.previews[i]].filter(Boolean).join("\n")}>{told}</i>}
        {hit && hit.where !== "name" && <i className="row-hit" title={hit.snippet}>{hit.where}: <bdi>{hit.brief}</bdi></i>}
        <Marks tree={tree} i={i} folded={folded} />
      </span>
      <span role="gridcell" className={`g-num g-tokens${heat(tokens, tree.trace.usage?.total)}`} title={tokens == null ? undefined : `${sum}${plural(tokens, "token")}`}>{tokens == null ? "" : count(tokens)}</span>
      <span role="gridcell" className={`g-num g-cost${heat(cost, tree.trace.cost?.total)}`} title={cost == null ? undefined : `${sum}$${cost}${tokens == null ? "" : `, ${plural(tokens, "token")}`}`}>{cost == null ? "" : dollars(cost)}</span>
      <span role="gridcell" className={`g-num g-time${isParent || endless ? "" : heat(length, tree.total)}`}>{endless ? (isOpen ? <Lasting tree={tree} i={i} /> : "–") : duration(length / 1000)}</span>
      <span role="gridcell" className="g-bar"><Bar tree={tree} i={i} axis={axis} zoom={zoom} path={path} /></span>
    </div>
  );
});

/** `said` stands in place of the name. */
function Name({ tree, i, hit, said }) {
  const name = nameOf(tree, i);
  const model = modelOf(tree, i);
  if (said) return <><KindIcon kind={kindOf(tree, i)} /><span className="s-name" dir="auto" title={`${name}\n${said}`}>{rowPreview(said)}</span></>;
  return (
    <>
      <KindIcon kind={kindOf(tree, i)} />
      <span className={hit ? "s-name found" : "s-name"} dir="auto" title={model && !name.includes(model) ? `${name} · ${model}` : name}>{hit ? name : nameBelow(tree, i)}</span>
    </>
  );
}

/** What is to be known of a span besides its figures, each with a shape of its own. */
function Marks({ tree, i, folded }) {
  const flags = tree.flags[i];
  const failed = tree.status[i] === ERROR;
  const hidden = folded ? tree.errors[i] - (failed ? 1 : 0) : 0;
  return (
    <>
      {failed && <b className="s-error" title="Error">✕</b>}
      {hidden > 0 && <b className="inner-errors" title={`${plural(hidden, "error")} in folded spans`}>✕ {hidden}</b>}
      {(flags & FLAG.open) !== 0 && <b className="s-running" title="Running">◐</b>}
      {(flags & FLAG.abandoned) !== 0 && <b className="s-abandoned" title="It started, and then nothing more arrived">◌</b>}
      {(flags & FLAG.finish) !== 0 && <b className="s-warn" title="The model stopped early: length or content filter">⚠</b>}
      {(flags & FLAG.orphan) !== 0 && <em title="Its parent span was never received">parent not received</em>}
      {(flags & FLAG.cycle) !== 0 && <em title="Its parent is one of its descendants; cut here">cycle cut</em>}
      {(flags & FLAG.skew) !== 0 && <em title="It starts before its parent: the clocks of two machines differ">⇤ skew</em>}
    </>
  );
}

/** The bar: full for the duration, darker until the first token, a line below where it was waited for. */
function Bar({ tree, i, axis, zoom, path }) {
  const place = placed(axis, zoom, tree.start_us[i], endOf(tree, i));
  if (!place) return null;
  const isOpen = isEndless(tree, i);
  const failed = tree.status[i] === ERROR ? (tree.errors[i] > 1 ? " bar-failed-below" : " bar-error") : "";
  const firstToken = tree.ttft_us?.[i];
  const until = firstToken && placed(axis, zoom, tree.start_us[i], tree.start_us[i] + firstToken);
  return (
    <>
      <span className={`bar ${kindClass(kindOf(tree, i))}${failed}${isOpen ? " bar-open" : ""}`} style={place} />
      {until && <span className={`bar bar-ttft ${kindClass(kindOf(tree, i))}`} style={until} title={`First token after ${duration(firstToken / 1000)}`} />}
      {path?.map(([from, to]) => {
        const line = placed(axis, zoom, from, to);
        return line && <i key={from} className="bar-path" style={line} />;
      })}
    </>
  );
}

/** A run of like siblings: how many, their sums, and the stretch in which they ran. */
export const RunRow = memo(function RunRow({ tree, run, row, axis, zoom, open, toggle, isSelected, select, dim }) {
  const i = run.first;
  const place = placed(axis, zoom, run.from, run.to);
  const said = open ? "" : runPreview(tree, run);
  const flip = (event) => {
    event.stopPropagation();
    toggle(i);
  };
  return (
    <div className={`span-row run-row${run.tokens || run.hasCost ? "" : " bare"}${isSelected ? " selected" : ""}${dim ? " dimmed" : ""}`} style={{ top: row * 28 }} role="row" id={isSelected ? `s-${spanId(tree, i)}` : undefined}
      data-span={i} aria-level={tree.depth[i] + 1} aria-expanded={open} aria-selected={isSelected} aria-rowindex={row + 1}
      onMouseDown={(event) => event.button === 0 && !event.shiftKey && select(i)}>
      <span role="gridcell" className="g-name" style={indented(Math.min(tree.depth[i], DEPTH_MAX), indentOf(tree))} onDoubleClick={flip}>
        <span className="chevron" onMouseDown={flip} onDoubleClick={(event) => event.stopPropagation()} aria-hidden="true">{open ? "▾" : "▸"}</span>
        <KindIcon kind={kindOf(tree, i)} />
        <span className="s-name" dir="auto" title={nameOf(tree, i)}>{nameBelow(tree, i)}</span>
        <i className="count" title={`${run.count} similar spans in a row`}>×{count(run.count)}</i>
        {said && <i className="row-preview" dir="auto" title={said}>{said}</i>}
        {run.errors > 0 && <b className="inner-errors" title={`${plural(run.errors, "error")} among them`}>✕ {run.errors}</b>}
      </span>
      <span role="gridcell" className="g-num g-tokens">{run.tokens ? count(run.tokens) : ""}</span>
      <span role="gridcell" className="g-num g-cost">{run.hasCost ? dollars(run.cost) : ""}</span>
      <span role="gridcell" className="g-num g-time" title="Sum of their durations">Σ {duration(run.us / 1000)}</span>
      <span role="gridcell" className="g-bar">{place && <span className={`bar bar-run ${kindClass(kindOf(tree, i))}`} style={place} />}</span>
    </div>
  );
});
