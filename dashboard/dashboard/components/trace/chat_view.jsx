// The conversation with the model, alone and wide: one call after the other, its messages, nothing beside them.
import { Fragment, useMemo } from "react";
import { agentsOf, callPlace, callsOf } from "./calls.js";
import { count, dollars, duration, exact } from "../shared/format.js";
import { rowPreview } from "../content/row_preview.js";
import { SpanPane } from "../span/span_pane.jsx";
import { useRoving } from "../shared/use_roving.js";
import { ERROR, isEndless, modelOf, nameOf, spanId } from "./tree.js";

export function ChatView({ traceId, trace, hints, selected, select, url, change }) {
  const { tree } = trace;
  const calls = useMemo(() => callsOf(tree), [tree]);
  const shown = calls[callPlace(calls, selected, tree)];
  return (
    <div className="chat-view">
      {calls.length > 1 && <Calls tree={tree} calls={calls} shown={shown} select={select} />}
      <SpanPane traceId={traceId} tree={tree} hints={hints} selected={shown} select={select} find={url.find} tab={url.tab} setTab={(tab) => change({ tab })} />
    </div>
  );
}

function Calls({ tree, calls, shown, select }) {
  const roving = useRoving();
  const agents = useMemo(() => agentsOf(tree, calls), [tree, calls]);
  return (
    <nav className="calls" aria-label="Model calls" {...roving}>
      {calls.map((i, n) => (
        <Fragment key={spanId(tree, i)}>
          {agents[n] >= 0 && agents[n] !== agents[n - 1] && <h3 dir="auto">{nameOf(tree, agents[n])}</h3>}
          <Call tree={tree} i={i} number={n + 1} isShown={i === shown} select={select} />
        </Fragment>
      ))}
    </nav>
  );
}

/** A call in two lines: its name and time, and how its answer begins; of one without, what it took. */
function Call({ tree, i, number, isShown, select }) {
  const failed = tree.status[i] === ERROR;
  const took = isEndless(tree, i) ? "running" : duration(tree.duration_us[i] / 1000);
  const figures = [tree.tokens[i] != null && `${count(tree.tokens[i])} tok`, tree.cost[i] != null && dollars(tree.cost[i]), modelOf(tree, i)].filter(Boolean).join(" · ");
  const why = tree.failures?.[i];
  const answer = tree.previews[i];
  return (
    <button type="button" tabIndex={-1} data-stop="head" aria-current={isShown ? "true" : undefined} className={failed ? "call failed-row" : "call"} onClick={() => select(i)}
      title={[nameOf(tree, i), `${took} · ${figures}`, why ?? answer].filter(Boolean).join("\n")} ref={isShown ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}>
      <b className="num">{exact(number)}</b>
      <span className="s-name"><bdi>{nameOf(tree, i)}</bdi>{failed ? " ✕" : ""}</span>
      <span className="dim">{took}</span>
      <i dir="auto" className={why ? "row-why" : undefined}>{why ?? (answer ? rowPreview(answer) : figures)}</i>
    </button>
  );
}
