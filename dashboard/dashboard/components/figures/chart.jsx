// A chart over time: bars in parts, or lines. A bar far beyond all others is broken, and its value stands above it. Every column and
// every part with a list of its own is a link to it.
import { Fragment, useRef, useState } from "react";
import { Link } from "react-router";
import { stretch } from "../shared/format.js";
import { BreakMark } from "./break_mark.jsx";
import { footOf, heightOf, levelsOf, linePaths, niceTop, ordinary, stacked } from "./series.js";
import { timeMarks } from "./time_marks.js";

/**
 * `columns`: [{from, to, to_list, says, parts: [{key, label, value, says, to_list}], line values by key}]; `parts` are stacked
 * from the foot up unless `lines`, of which those far apart have a logarithmic axis. `legend`: [{key, label}]. `write(value)`
 * writes what stands at the axis, `topOf(value)` is its least round top.
 */
export function Chart({ title, note, columns, legend, lines = false, write, topOf = niceTop, stale }) {
  const [at, setAt] = useState(-1);
  const box = useRef(null);
  const sums = columns.map(({ parts }) => (lines ? Math.max(0, ...parts.map(({ value }) => value || 0)) : parts.reduce((sum, { value }) => sum + (value || 0), 0)));
  const most = Math.max(0, ...sums);
  const isEmpty = lines ? columns.every(({ parts }) => parts.every(({ value }) => value == null)) : most === 0;
  const top = topOf(lines ? most : ordinary(sums));
  const isBroken = !lines && most > top;
  const partsOf = ({ parts }, i) => stacked(parts, Math.max(top, sums[i]));
  const foot = lines ? footOf(columns.flatMap(({ parts }) => parts.map(({ value }) => value))) : 0;
  const told = columns[Math.min(at, columns.length - 1)];
  return (
    <figure className={`chart${stale ? " stale" : ""}`}>
      <figcaption>
        <h2>{title}</h2>
        <ul className="legend">{legend.map(({ key, label }) => <li key={key} title={label}><i className={`c-${key}`} />{label}</li>)}</ul>
      </figcaption>
      <div className={`chart-area${foot > 0 ? "" : " halved"}${isBroken ? " broken" : ""}`} onPointerLeave={() => setAt(-1)}>
        {isEmpty ? <p className="dim">{note || "none"}</p> : levelsOf(foot, top).map((level) => (
          <i key={level} className="chart-level" aria-hidden="true" style={{ bottom: `${100 * heightOf(level, top, foot)}%` }}><span>{write(level)}</span></i>
        ))}
        <svg viewBox={`0 0 ${Math.max(1, columns.length)} 1`} preserveAspectRatio="none" aria-hidden="true">
          {lines ? <Lines columns={columns} legend={legend} top={top} foot={foot} /> : columns.map((column, i) => <Bar key={column.from} parts={partsOf(column, i)} i={i} isBroken={sums[i] > top} />)}
        </svg>
        <div className="chart-columns" ref={box} data-own-keys="" role="group" aria-label={`${title}, by time`} onKeyDown={(event) => walk(event, box.current)}>
          {columns.map((column, i) => (
            <Column key={column.from} column={column} parts={lines ? [] : partsOf(column, i)} isEntry={i === columns.length - 1} point={() => setAt(i)} leave={() => setAt(-1)} />
          ))}
        </div>
        {isBroken && <Beyond text={write(most)} i={sums.indexOf(most)} n={columns.length} />}
        {told && <Told column={told} left={(at + 0.5) / columns.length} />}
      </div>
      <div className="histogram-times" aria-hidden="true">
        {timeMarks(columns, 6, Date.now()).map(({ share, text }) => <time key={share} style={{ left: `${100 * share}%` }}>{text}</time>)}
      </div>
    </figure>
  );
}

function Lines({ columns, legend, top, foot }) {
  return legend.map(({ key }) => {
    const { line, dots } = linePaths(columns.map(({ parts }) => parts.find((part) => part.key === key)?.value ?? null), top, foot);
    return (
      <Fragment key={key}>
        <path className={`line l-${key}`} vectorEffect="non-scaling-stroke" d={line} />
        <path className={`line dots l-${key}`} vectorEffect="non-scaling-stroke" d={dots} />
      </Fragment>
    );
  });
}

const HEIGHT_PX = 106; // of .chart-area
const LEAST = 0.02; // of the height: one of thousands is seen still

function Bar({ parts, i, isBroken }) {
  return (
    <>
      {parts.map(({ key, low, high }) => {
        const height = Math.max(LEAST, high - low);
        return <rect key={key} className={`c-${key}`} x={i + 0.1} width={0.8} y={Math.max(0, 1 - low - height)} height={height} />;
      })}
      {isBroken && <BreakMark i={i} heightPx={HEIGHT_PX} />}
    </>
  );
}

/** Above the highest of the broken bars, which is the `i`th of `n`: how high it is. */
function Beyond({ text, i, n }) {
  return <b className="chart-beyond" aria-hidden="true" style={i < n / 2 ? { left: `${(100 * i) / n}%` } : { right: `${(100 * (n - 1 - i)) / n}%` }}>{text}</b>;
}

/** A column's link over its whole height, and above it those of its parts. One of all is in the order of Tab. */
function Column({ column, parts, isEntry, point, leave }) {
  return (
    <div className="chart-column" onPointerEnter={point} onFocus={point} onBlur={leave}>
      <Link to={column.to_list} tabIndex={isEntry ? 0 : -1} aria-label={`${stretch(column.from, column.to)}: ${column.says}`} />
      {parts.filter(({ to_list: path }) => path).map((part) => (
        <Link key={part.key} to={part.to_list} tabIndex={-1} aria-label={`${stretch(column.from, column.to)}: ${part.says}`}
          style={{ bottom: `${100 * part.low}%`, height: `max(4px, ${100 * (part.high - part.low)}%)` }} />
      ))}
    </div>
  );
}

/** ← → go from column to column, ↑ ↓ through the parts of one; Enter is the link's own. */
function walk(event, box) {
  const columns = [...box.children];
  const here = columns.indexOf(event.target.parentElement);
  const links = here < 0 ? [] : [...columns[here].children];
  const part = links.indexOf(event.target);
  const to = {
    ArrowLeft: () => columns[here - 1]?.firstChild, ArrowRight: () => columns[here + 1]?.firstChild,
    Home: () => columns[0]?.firstChild, End: () => columns.at(-1)?.firstChild,
    ArrowUp: () => links[part + 1], ArrowDown: () => links[part - 1],
  }[event.key];
  if (!to) return;
  event.preventDefault();
  event.stopPropagation();
  to()?.focus();
}

function Told({ column, left }) {
  return (
    <div className="chart-told" style={left < 0.5 ? { left: `${100 * left}%` } : { right: `${100 - 100 * left}%` }}>
      <b>{stretch(column.from, column.to)}</b>
      {column.parts.filter(({ value }) => value != null && value > 0).reverse().map(({ key, says }) => <span key={key}><i className={`c-${key}`} />{says}</span>)}
      {!column.parts.some(({ value }) => value > 0) && <span className="dim">{column.says}</span>}
    </div>
  );
}
