// When the turns of a session were, in one strip: red failed, blue runs. The pauses between them are cut unless wanted.
import { useMemo } from "react";
import { clock, duration, plural } from "./format.js";
import { traceState } from "./icons.jsx";
import { nearestTurn, pausesOf, sessionAxis, turnTimes } from "./session_time.js";

/** `pick(index)` selects a turn; `flip()` cuts the pauses or shows them. */
export function SessionStrip({ traces, selected, cut, flip, pick }) {
  const times = useMemo(() => turnTimes(traces, Date.now()), [traces]);
  const pauses = useMemo(() => pausesOf(times), [times]);
  const axis = useMemo(() => sessionAxis(times, cut ? pauses : []), [times, pauses, cut]);
  const idle_us = pauses.reduce((sum, [from, to]) => sum + to - from, 0);
  const onClick = (event) => {
    const area = event.currentTarget.getBoundingClientRect();
    pick(nearestTurn(times, axis, (event.clientX - area.left) / area.width));
  };
  const now = Date.now();
  return (
    <div className="session-strip">
      <div className="strip-bars" onClick={onClick} role="img" aria-label={`${plural(traces.length, "turn")} over ${duration(axis.total / 1000)}`} title="Click to go to a turn">
        {axis.cuts.map(([place, us]) => <b key={place} className="cut" style={{ left: `${100 * place}%` }} title={`${duration(us / 1000)} pause, cut out`} />)}
        {times.map(({ from, to }, i) => (
          <i key={traces[i].trace_id} className={`t-${traceState(traces[i])}${i === selected ? " here" : ""}`}
            style={{ left: `${100 * axis.place(from)}%`, width: `max(2px, ${100 * (axis.place(to) - axis.place(from))}% - 1px)` }} />
        ))}
      </div>
      <div className="strip-times">
        <time>{clock(traces[0].start_time, now)}</time>
        {pauses.length > 0 && (
          <button type="button" className="link" onClick={flip} title={cut ? "Show pauses at full length (z)" : "Cut out the pauses (z)"}>
            {plural(pauses.length, "pause")} ({duration(idle_us / 1000)}) {cut ? "cut · show" : "shown · cut"}
          </button>
        )}
        <time>{clock(traces.at(-1).start_time, now)}</time>
      </div>
    </div>
  );
}
