// When the turns of a session were, in one strip: wide took long, tall cost much, red failed, blue runs. The pauses between
// them are cut unless wanted.
import { useMemo } from "react";
import { clock, count, dollars, duration, plural, usedNothing } from "../shared/format.js";
import { traceState } from "../shared/icons.jsx";
import { nearestTurn, sessionAxis } from "./session_time.js";
import { sharesOf } from "./session_turns.js";

const CUTS_MAX = 60; // more of them would be all that is seen
const LEAST_HEIGHT = 30; // in %: what cost nothing is seen, too

/** Of one turn what is told on hover. */
function titleOf(trace, index, now) {
  const used = usedNothing(trace.tokens, trace.spent) ? [] : [trace.tokens != null && `${count(trace.tokens)} tok`, trace.spent != null && dollars(trace.spent)];
  const facts = [clock(trace.start_time, now), trace.duration_ms != null && duration(trace.duration_ms), ...used];
  return `Turn ${index + 1}: ${facts.filter(Boolean).join(" · ")}`;
}

/** `times` and `pauses` of the turns as in session_time.js; `pick(index)` selects a turn; `flip()` cuts the pauses or shows them. */
export function SessionStrip({ traces, times, pauses, selected, cut, flip, pick }) {
  const shares = useMemo(() => sharesOf(traces), [traces]);
  const titles = useMemo(() => traces.map((trace, i) => titleOf(trace, i, Date.now())), [traces]);
  const axis = useMemo(() => sessionAxis(times, cut ? pauses : []), [times, pauses, cut]);
  const idle_us = pauses.reduce((sum, [from, to]) => sum + to - from, 0);
  const onClick = (event) => {
    const area = event.currentTarget.getBoundingClientRect();
    pick(nearestTurn(times, axis, (event.clientX - area.left) / area.width));
  };
  const now = Date.now();
  return (
    <div className="session-strip">
      <div className="strip-bars" onClick={onClick} role="img" aria-label={`${plural(traces.length, "turn")} over ${duration(axis.total / 1000)}`} title="Wide turns took long, tall ones cost much. Click to go to a turn">
        {axis.cuts.length <= CUTS_MAX && axis.cuts.map(([place, us]) => <b key={place} className="cut" style={{ left: `${100 * place}%` }} title={`${duration(us / 1000)} pause, cut out`} />)}
        {times.map(({ from, to }, i) => {
          const state = traceState(traces[i]);
          // What failed or runs has often cost nothing yet: it is not to be overlooked.
          const share = state === "ok" ? shares[i] ?? 1 : 1;
          return (
            <i key={traces[i].trace_id} className={`t-${state}${i === selected ? " here" : ""}`} title={titles[i]}
              style={{ left: `${100 * axis.place(from)}%`, width: `max(2px, ${100 * (axis.place(to) - axis.place(from))}% - 1px)`, "--tall": `${LEAST_HEIGHT + (100 - LEAST_HEIGHT) * share}%` }} />
          );
        })}
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
