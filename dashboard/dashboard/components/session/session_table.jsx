// The rows of the list of sessions with their heads.
import { End, Head, WaitingRows } from "../list/list_parts.jsx";
import { RowGroups } from "../list/row_groups.jsx";
import { SessionRow, elementId } from "./session_row.jsx";
import { SORTS } from "./sessions_url.js";

/** [title, sort or null, class]. */
const HEADS = [
  ["Begins with", null, ""], ["User", null, "s-user"], ["Turns", "-turns", "num"], ["Duration", "-duration_ms", "num s-long"],
  ["Tokens", "-tokens", "num s-tokens"], ["Cost", "-cost", "num"], ["Errors", "-errors", "num"], ["Last activity", "-last_activity", "num"],
];

/** `body`: ref of the scrolling element; `pick(index)` selects. */
export function SessionTable({ sessions, list, go, body, selected, pick, onScroll }) {
  const { rows, ready, slow } = sessions;
  const draw = (session, index) => (
    <SessionRow key={session.session_id} session={session} index={index} selected={index === selected} onPick={pick} />
  );
  return (
    <div className="rows session-rows" ref={body} tabIndex={0} role="grid" aria-label="Sessions" aria-rowcount={rows.length} aria-busy={!ready}
      aria-activedescendant={rows[selected] && elementId(rows[selected])} onScroll={(event) => onScroll(event.currentTarget.scrollTop)}>
      <div className="row head" role="row">
        {HEADS.map(([title, sort, className]) => <Head key={title} text={title} sort={sort} usual={SORTS[0]} className={className || undefined} list={list} go={go} />)}
      </div>
      {ready ? <RowGroups rows={rows} draw={draw} /> : slow && <WaitingRows label="Loading sessions" />}
      {ready && <End what="session" {...sessions} />}
    </div>
  );
}
