// One session: its answers, when it was, and the conversation turn by turn with the figures of each beside it.
import { useCallback, useEffect, useMemo, useRef } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { share, sharedNow } from "../shared/data.js";
import { useCopiedLink } from "../frame/copied_link.jsx";
import { Failed, Waiting } from "../shared/parts.jsx";
import { useKeys } from "../shared/keys.js";
import { rowMoves } from "../list/row_moves.js";
import { SessionHeader } from "./session_header.jsx";
import { firstSentence } from "./session_row.jsx";
import { SessionStrip } from "./session_strip.jsx";
import { pausesBefore, pausesOf, turnTimes } from "./session_time.js";
import { readSession, sessionOf, sessionPath, sessionSearch } from "./sessions_url.js";
import { Turn } from "./turn.jsx";
import { useOrigin } from "../frame/use_origin.js";
import { useSession } from "./use_session.js";
import { useStill } from "../shared/use_still.js";
import { useUrlState } from "../shared/use_url_state.js";

const OFTEN = ["turn"]; // of the address
const turnId = (trace) => `turn-${trace.trace_id}`;

export function SessionView({ version }) {
  const id = sessionOf(useLocation().pathname);
  return <OneSession key={id} id={id} version={version} />;
}

function OneSession({ id, version }) {
  const session = useSession(id, version);
  useEffect(() => {
    document.title = `${firstSentence(session.session?.first_input_preview) || id} · LLM Tracer`;
  }, [id, session.session]);
  if (session.error) return <Failed error={session.error} what={session.error.status === 404 ? "There is no such session" : undefined} retry={session.reload} other={session.error.status === 404 && <Link className="button plain" to="/sessions">All sessions</Link>} />;
  if (!session.session) return <div className="session-page">{session.slow && <Waiting lines={14} label="Loading the session" />}</div>;
  return <Conversation {...session} />;
}

function Conversation({ session, traces, turns, isBusy, want, isBroken }) {
  const navigate = useNavigate();
  const [url, change, go] = useUrlState(readSession, sessionSearch, OFTEN);
  const [copyLink, copied] = useCopiedLink();
  const box = useRef(null);
  const times = useMemo(() => turnTimes(traces, Date.now()), [traces]);
  const pauses = useMemo(() => pausesOf(times), [times]);
  const before = useMemo(() => pausesBefore(times, pauses), [times, pauses]);
  const selected = traces.findIndex(({ trace_id: one }) => one === url.turn);
  const select = useCallback((index) => change({ turn: traces[index]?.trace_id ?? null }), [change, traces]);
  const back = () => navigate(`/sessions${sharedNow("listSearch") || ""}`);
  const steps = (on) => () => { if (url.steps !== on) go({ steps: on }); };
  const gaps = () => change({ gaps: url.gaps === "cut" ? "shown" : "cut" });

  // From a trace, Esc leads back here, and J and K to the next turn.
  useOrigin(sessionPath(session.session_id, sessionSearch(url)));
  useEffect(() => share({ listRows: traces.map((trace) => trace.trace_id) }), [traces]);
  useStill(box, ".turn");
  // A link to a turn leads to it.
  useEffect(() => {
    if (selected > 0) document.getElementById(turnId(traces[selected]))?.scrollIntoView({ block: "start" });
  }, []);

  const moves = useMemo(() => rowMoves({
    rows: traces, selected, elementId: turnId, isFailed: (trace) => trace.error_count > 0, more: () => {},
    select, block: "start",
  }), [traces, selected, select]);
  useKeys({
    ...moves,
    Enter: () => (selected >= 0 ? navigate(`/trace/${traces[selected].trace_id}`) : false),
    1: steps(false),
    2: steps(true),
    z: gaps,
    y: copyLink,
    Escape: () => (selected >= 0 ? change({ turn: null }) : back()),
  });
  return (
    <div className="session-page">
      <SessionHeader session={session} back={back} steps={url.steps} setSteps={(on) => steps(on)()} />
      <SessionStrip traces={traces} times={times} pauses={pauses} selected={selected} cut={url.gaps === "cut"} flip={gaps}
        pick={(index) => {
          select(index);
          document.getElementById(turnId(traces[index])).scrollIntoView({ block: "start" });
        }} />
      <div className="turns" ref={box} tabIndex={0} role="feed" aria-label="Turns" aria-busy={isBusy}>
        {traces.map((trace, index) => (
          <Turn key={trace.trace_id} id={turnId(trace)} trace={trace} turn={turns.get(trace.trace_id)} pause={before[index]} index={index} count={traces.length}
            here={index === selected} steps={url.steps} isBroken={isBroken(index)} want={want} pick={select} />
        ))}
      </div>
      {copied}
    </div>
  );
}
