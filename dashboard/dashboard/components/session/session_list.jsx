// The list of sessions, and the people who had them. The address holds the question, as for traces.
import { useEffect, useMemo, useRef } from "react";
import { useLocation, useNavigate } from "react-router";
import { copied } from "../shared/copying.js";
import { share } from "../shared/data.js";
import { useKeys } from "../shared/keys.js";
import { NewPill, Notice, Unreadable } from "../list/list_parts.jsx";
import { ALL, listKey, listSearch } from "../question/list_url.js";
import { Failed } from "../shared/parts.jsx";
import { People } from "./people.jsx";
import { rowMoves } from "../list/row_moves.js";
import { elementId } from "./session_row.jsx";
import { SessionsBar } from "./sessions_bar.jsx";
import { SessionTable } from "./session_table.jsx";
import { readSessions, sessionPath, sessionsPath } from "./sessions_url.js";
import { useHeard, useNotice, usePlace } from "../shared/use_list_page.js";
import { searchNow } from "../shared/search_now.js";
import { SESSIONS, usePaged } from "../list/use_paged.js";

export function SessionList({ version, health }) {
  const location = useLocation();
  const navigate = useNavigate();
  const list = useMemo(() => readSessions(location.search), [location.search]);
  const heard = useHeard(version, list.live);
  const go = (change) => navigate(sessionsPath({ ...readSessions(searchNow()), ...change }));
  useEffect(() => {
    document.title = `${list.by === "user" ? "Users" : "Sessions"} · LLM Tracer`;
    share({ listSearch: listSearch({ ...list, sort: ALL.sort }), queryError: null });
  }, [list]);
  const shared = { list, go, version: heard, well: health.state === "connected" };
  return (
    <div className="list-page">
      {list.by === "user" ? <People {...shared} /> : <Sessions {...shared} />}
    </div>
  );
}

function Sessions({ list, go, version, well }) {
  const navigate = useNavigate();
  const key = listKey(list);
  const sessions = usePaged(SESSIONS, list, key, version, well);
  const { rows, ready, error, load } = sessions;
  const body = useRef(null);
  const [selected, setSelected, onScroll] = usePlace("sessions", key, body);
  const [notice, tell] = useNotice();
  const showNew = () => {
    load();
    setSelected(-1);
    if (body.current) body.current.scrollTop = 0;
  };
  const here = rows[selected];
  useKeys({
    ...rowMoves({
      rows, selected, elementId, isFailed: (session) => session.error_count > 0, select: setSelected,
      more: () => sessions.more && !sessions.busy && sessions.loadMore(),
    }),
    r: showNew,
    u: () => go({ by: "user" }),
    y: () => (here ? copied(here.session_id, "Id").then(tell) : false),
    Y: () => { copied(window.location.href, "Link to this list").then(tell); },
    Enter: () => (here ? navigate(sessionPath(here.session_id)) : false),
    Escape: () => (selected >= 0 ? setSelected(-1) : false),
  });
  let content;
  if (error?.position != null) content = <Unreadable q={list.q} error={error} clear={() => go({ q: "" })} />;
  else if (error && !rows.length) content = <Failed error={error} retry={load} />;
  else if (ready && !rows.length) content = <NoSessions list={list} go={go} />;
  else content = <SessionTable sessions={sessions} list={list} go={go} body={body} selected={selected} pick={setSelected} onScroll={onScroll} />;
  return (
    <>
      <SessionsBar list={list} go={go} error={sessions.behind}>
        <NewPill count={sessions.fresh} show={showNew} />
      </SessionsBar>
      <div className="list-body">{content}<Notice text={notice} /></div>
    </>
  );
}

/** No session at all, or none that the question finds. */
function NoSessions({ list, go }) {
  const isWhole = !list.q && list.range === "all" && list.from == null;
  return (
    <div className="empty">
      <div className="empty-inner narrow">
        <h1>{isWhole ? "No sessions yet" : "No sessions match"}</h1>
        {isWhole ? (
          <>
            <p>A session groups the traces of one conversation: those whose spans have the same <code>session.id</code>. You can read it here turn by turn.</p>
            <p className="dim">With the SDK: <code>with session("chat-42", user="alice"):</code>. With OpenTelemetry: the attribute <code>session.id</code> or <code>gen_ai.conversation.id</code>.</p>
          </>
        ) : (
          <>
            <p>No trace with a session matches {list.q ? <code className="asked">{list.q}</code> : "this time range"}.</p>
            <div className="note-actions"><button type="button" className="button" onClick={() => go({ q: "", range: "all", from: null, to: null })}>Show all sessions</button></div>
          </>
        )}
      </div>
    </div>
  );
}
