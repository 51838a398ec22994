// The rows of the list of sessions with their heads.
import { End, WaitingRows } from "./list_parts.jsx";
import { RowGroups } from "./row_groups.jsx";
import { SessionRow, elementId } from "./session_row.jsx";

const HEADS = [["Begins with", ""], ["User", "s-user"], ["Turns", "num"], ["Duration", "num s-long"], ["Tokens", "num s-tokens"], ["Cost", "num"], ["Errors", "num"], ["Last activity", "num"]];

/** `body`: ref of the scrolling element; `pick(index)` selects. */
export function SessionTable({ sessions, body, selected, pick }) {
  const { rows, ready, slow } = sessions;
  const draw = (session, index) => (
    <SessionRow key={session.session_id} session={session} index={index} selected={index === selected} onPick={pick} />
  );
  return (
    <div className="rows session-rows" ref={body} tabIndex={0} role="grid" aria-label="Sessions" aria-rowcount={rows.length} aria-busy={!ready}
      aria-activedescendant={rows[selected] && elementId(rows[selected])}>
      <div className="row head" role="row">
        {HEADS.map(([title, className]) => <span key={title} role="columnheader" className={className || undefined}>{title}</span>)}
      </div>
      {ready ? <RowGroups rows={rows} draw={draw} /> : slow && <WaitingRows label="Loading sessions" />}
      {ready && <End what="session" {...sessions} />}
    </div>
  );
}
