// The connection: well and when the last span came, or not and what to do.
import { useContext, useEffect, useState } from "react";
import { EventLoopContext } from "$/utils/context-registry";
import { askAbout, share, useNow, useShared } from "../shared/data.js";
import { ago, moment } from "../shared/format.js";
import { Copy, Ticked } from "../shared/parts.jsx";

const LOST = {
  state: "disconnected",
  label: "Dashboard stopped",
  detail: "The dashboard's own process is not responding. This page shows the last data it received.",
  advice: "Restart it with `llm-tracer up`; this page will resume on its own.",
};

/** Opens by itself when something is wrong, and can be folded. */
export function HealthBadge({ health, mounted }) {
  const [, connectErrors] = useContext(EventLoopContext) || [];
  const [folded, setFolded] = useState(false);
  const [opened, setOpened] = useState(false);
  const shown = mounted && connectErrors?.length > 0 ? LOST : health;
  // A socket is also refused to whoever was signed out, and cannot say so: any answer over HTTP then leads to the sign-in.
  useEffect(() => {
    if (connectErrors?.length) askAbout();
  }, [connectErrors]);
  const bad = shown.state !== "connected" && shown.state !== "connecting";
  useEffect(() => {
    setFolded(false);
    setOpened(false);
  }, [shown.state, shown.label]);
  // A page that failed for the same reason says all of it already.
  const told = useShared("toldByPage");
  const open = opened || (bad && !told && !folded);
  useEffect(() => share({ outage: bad ? shown.detail : null }), [bad, shown.detail]);
  const toggle = () => {
    setOpened(!open);
    setFolded(open);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    event.currentTarget.firstChild.focus();
    toggle();
  };
  const command = /`(llm-tracer [^`]+)`/.exec(shown.advice || "")?.[1];
  return (
    <div className="health-place" onKeyDown={onKeyDown}>
      <button type="button" className={`health h-${shown.state}`} onClick={toggle} aria-expanded={open} title={shown.detail}>
        <span className="dot" aria-hidden="true" />
        <span className="health-label">{shown.label}</span>{" "}
        {!bad && (mounted && shown.last_span_at ? <LastSpan time={shown.last_span_at} /> : <span className="last-span" />)}
      </button>
      {open && (
        <div className={`health-note h-${shown.state}`} role={bad ? "alert" : "status"}>
          <strong>{shown.label}</strong>
          <p>{bad ? shown.detail : `The Tracer API at ${shown.detail} is responding.`}</p>
          {shown.advice && <p><Ticked text={shown.advice} /></p>}
          <div className="note-actions">
            {command && <Copy text={command} quiet={false} label={`Copy ${command}`} />}
            <button type="button" className="button plain" onClick={toggle}>Hide</button>
          </div>
        </div>
      )}
    </div>
  );
}

function LastSpan({ time }) {
  const now = useNow(1000);
  return <span className="last-span" title={`The last span of any project arrived at\n${moment(time)}`}>last span {ago(time, now)}</span>;
}
