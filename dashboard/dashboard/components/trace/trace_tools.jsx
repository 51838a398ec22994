// Above the views: find in the trace, what stands out, and how the timeline is drawn.
import { useEffect, useMemo, useRef } from "react";
import { idleShare } from "./axis.js";
import { duration, exact, plural } from "../shared/format.js";
import { Icon } from "../shared/icons.jsx";
import { PICKS, listed, pickLabel, picked } from "./picks.js";
import { Switch } from "../shared/switch.jsx";
import { MODES } from "./trace_url.js";

const OFFER_FROM = 0.4; // idle share from which on leaving it out is worth an offer
const MODE_TITLES = { dim: "Dim what does not match", hide: "Hide what does not match, but keep the parents of matches", only: "Show only matches, as a flat list" };

export function TraceTools({ trace, selected, url, change, find, matches, gaps, keys, view }) {
  const { tree, path } = trace;
  const active = Boolean(find.flags);
  const isTree = view === "tree";
  const useful = useMemo(() => new Set(PICKS.map(([id]) => id).filter((id) => listed(picked(tree, path, id)).length > 0)), [tree, path]);
  return (
    <div className={`trace-tools${active ? " finding" : ""}`} role="toolbar" aria-label="Find and display">
      <FindBox url={url} change={change} find={find} matches={matches} keys={keys} />
      {active && <Counter matches={matches} selected={selected} find={find} keys={keys} />}
      {active && isTree && (
        <Switch label="Spans that do not match" options={MODES.map((mode) => [mode, mode, MODE_TITLES[mode]])} chosen={url.mode} choose={(mode) => change({ mode })} />
      )}
      <span className="picks">
        {PICKS.filter(([id]) => id === url.pick || useful.has(id)).map(([id, label, title]) => (
          <Pill key={id} on={url.pick === id} title={title} flip={() => change({ pick: url.pick === id ? "" : id })}>{label}</Pill>
        ))}
        {url.pick && !PICKS.some(([id]) => id === url.pick) && (
          <Pill on title="Show all again" flip={() => change({ pick: "" })}>{pickLabel(url.pick)} ×</Pill>
        )}
      </span>
      <span className="grow" />
      {isTree && <IdleOffer tree={tree} gaps={gaps} cut={url.gaps} brief={active} keys={keys} />}
      {url.area && (
        <Pill on title="Clear the marked range" flip={() => change({ area: null })}>{duration((url.area[1] - url.area[0]) / 1000)} marked ×</Pill>
      )}
      {isTree && url.zoom && <button type="button" className="link" onClick={() => change({ zoom: null })} title="Show the whole time (f twice)">whole time</button>}
    </div>
  );
}

function Pill({ on, title, flip, children }) {
  return (
    <button type="button" className="pick" aria-pressed={on} onClick={flip} title={title}>{children}</button>
  );
}

function FindBox({ url, change, find, matches, keys }) {
  const input = useRef(null);
  // Enter is often pressed before the answer is there.
  const waits = useRef(null);
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!waits.current || find.asking) return;
    waits.current();
    waits.current = null;
  }, [matches, find.asking]);
  useEffect(() => {
    if (input.current.value !== url.find) input.current.value = url.find;
  }, [url.find]);
  const onKeyDown = (event) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      const step = event.shiftKey ? "previousMatch" : "nextMatch";
      if (find.asking) waits.current = () => latest.current[step]();
      else keys[step]();
    }
    if (event.key === "Escape") {
      event.preventDefault();
      input.current.blur(); // what was found stays; Escape on the page forgets it
    }
  };
  return (
    <label className={find.error ? "find wrong" : "find"} title={find.error?.detail}>
      <Icon name="search" />
      <span className="away">Find in this trace</span>
      <input id="find-in-trace" ref={input} type="search" placeholder="Find in trace  /" spellCheck={false} autoComplete="off" defaultValue={url.find}
        onChange={(event) => change({ find: event.target.value })} onKeyDown={onKeyDown} />
    </label>
  );
}

function Counter({ matches, selected, find, keys }) {
  const at = matches.indexOf(selected);
  return (
    <span className="find-count" role="status">
      {find.asking ? "…" : matches.length ? `${at >= 0 ? `${exact(at + 1)} of ` : ""}${exact(matches.length)}${find.cut ? "+" : ""}` : "none"}
      <button type="button" onClick={keys.previousMatch} disabled={!matches.length} aria-label="Previous match" title="Previous match (N)">↑</button>
      <button type="button" onClick={keys.nextMatch} disabled={!matches.length} aria-label="Next match" title="Next match (n)">↓</button>
    </span>
  );
}

/** Long pauses make everything else unreadably small: say so, and offer to leave them out. `brief`: where there is little room. */
function IdleOffer({ tree, gaps, cut, brief, keys }) {
  const share = idleShare(tree, gaps);
  if (!cut && (share < OFFER_FROM || !gaps.length)) return null;
  const idle = gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const percent = share > 0.999 ? ">99.9" : (100 * share).toFixed(share > 0.99 ? 1 : 0);
  const pauses = `${plural(gaps.length, "pause")} (${duration(idle / 1000)})`;
  return (
    <button type="button" className="idle-offer" onClick={keys.gaps} title={`${pauses}${cut ? " cut out. Show them at full length (z)" : ". Cut them from the timeline (z)"}`}>
      {percent} % idle{cut ? " cut" : ""}{!brief && (cut ? " · show" : " · cut it?")}
    </button>
  );
}
