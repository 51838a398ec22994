// The conversation with the model, alone and wide: one call after the other, its messages, nothing beside them.
import { useMemo } from "react";
import { callsOf } from "./calls.js";
import { count, dollars, duration } from "./format.js";
import { SpanPane } from "./span_pane.jsx";
import { ERROR, isEndless, modelOf, nameOf, spanId } from "./tree.js";

export function ChatView({ traceId, trace, selected, select, url, change }) {
  const { tree } = trace;
  const calls = useMemo(() => callsOf(tree), [tree]);
  // The selected call, else the next one after what is selected.
  const shown = calls.includes(selected) ? selected : calls.find((i) => i > selected) ?? calls.at(-1);
  return (
    <div className="chat-view">
      {calls.length > 1 && (
        <nav className="calls" aria-label="Model calls">
          {calls.map((i, n) => (
            <button key={spanId(tree, i)} type="button" aria-current={i === shown ? "true" : undefined} className={tree.status[i] === ERROR ? "call failed-row" : "call"} onClick={() => select(i)}
              ref={i === shown ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}>
              <b className="num">{n + 1}</b>
              <span className="s-name">{nameOf(tree, i)}{tree.status[i] === ERROR ? " ✕" : ""}</span>
              <i>{[isEndless(tree, i) ? "running" : duration(tree.duration_us[i] / 1000), tree.tokens[i] != null && `${count(tree.tokens[i])} tok`, tree.cost[i] != null && dollars(tree.cost[i]), modelOf(tree, i)].filter(Boolean).join(" · ")}</i>
            </button>
          ))}
        </nav>
      )}
      <SpanPane traceId={traceId} tree={tree} selected={shown} select={select} tab={url.tab} setTab={(tab) => change({ tab })} />
    </div>
  );
}
