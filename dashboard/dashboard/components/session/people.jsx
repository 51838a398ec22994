// The users: how much each did, every number a link to exactly what it counts.
import { Link } from "react-router";
import { CountedSince } from "../question/counted_since.jsx";
import { useNow } from "../shared/data.js";
import { Unreadable } from "../list/list_parts.jsx";
import { ago, clock, costOf, costTitle, duration, exact, moment, plural, tokensOf } from "../shared/format.js";
import { listPath, selection } from "../question/list_url.js";
import { OrderHead } from "../question/order_choice.jsx";
import { Failed, Waiting } from "../shared/parts.jsx";
import { narrowed } from "../question/query_text.js";
import { SessionsBar } from "./sessions_bar.jsx";
import { ORDERS, sessionsPath } from "./sessions_url.js";
import { useAnswer } from "../shared/use_answer.js";
import { useRowKeys } from "../shared/use_row_keys.js";

const SHOWN = 100;

export function People({ list, go, version }) {
  const asked = selection(list);
  asked.set("group_by", "user");
  asked.set("limit", String(SHOWN));
  asked.set("sort", list.order);
  const { data, error, isStale, again } = useAnswer(`/ui-api/stats?${asked}`, version, list.live);
  useRowKeys({ u: () => go({ by: "session" }) });
  const people = data?.groups.filter(({ value }) => value != null) || [];
  let content;
  if (error?.position != null) content = <Unreadable q={list.q} error={error} clear={() => go({ q: "" })} />;
  else if (error && !data) content = <Failed error={error} retry={again} />;
  else if (!data) content = <Waiting lines={10} label="Loading users" />;
  else if (!people.length) content = <NoPeople list={list} go={go} />;
  else content = <PeopleTable people={people} data={data} list={list} isStale={isStale} />;
  return <><SessionsBar list={list} go={go} error={error}><CountedSince answer={data} /></SessionsBar><div className="list-body">{content}</div></>;
}

function PeopleTable({ people, data, list, isStale }) {
  const now = useNow(10_000);
  return (
    <div className={`table-scroll${isStale ? " stale" : ""}`} tabIndex={0} role="region" aria-label="Users">
      <table className="figures-table people">
        <thead>
          <tr><th scope="col">User</th>{ORDERS.map(([id]) => <OrderHead key={id} orders={ORDERS} id={id} />)}</tr>
        </thead>
        <tbody>
          {people.map((group) => <Person key={group.q} group={group} list={list} now={now} />)}
        </tbody>
      </table>
      <p className="list-end dim">
        {data.distinct > people.length ? `The first ${people.length} of ${exact(data.distinct)} users` : plural(people.length, "user")}
      </p>
    </div>
  );
}

function Person({ group, list, now }) {
  const mine = { ...list, q: narrowed(list.q, group.q) };
  const traces = listPath(mine);
  return (
    <tr data-row="" tabIndex={-1}>
      <th scope="row"><Link to={sessionsPath({ ...mine, by: "session" })} data-opens="" dir="auto" title={`Sessions of ${group.value}`}>{group.value}</Link></th>
      <td className="num"><Link to={traces}>{exact(group.traces)}</Link></td>
      <td className="num">{group.errors > 0 ? <Link className="s-error" to={listPath({ ...mine, q: narrowed(mine.q, "status:error") })}>✕ {exact(group.errors)}</Link> : <span className="dim">0</span>}</td>
      <td className="num"><Link to={listPath({ ...mine, sort: "-duration_ms" })} title={`Half of their traces took at most ${duration(group.latency_ms.p50)}, 95 of 100 at most ${duration(group.latency_ms.p95)} (within 2 %)`}>{duration(group.latency_ms.p95)}</Link></td>
      <td className="num"><Link to={listPath({ ...mine, sort: "-tokens" })} title={group.usage ? `${exact(group.usage.input)} in, ${exact(group.usage.output)} out` : "Token counts unknown"}>{tokensOf(group)}</Link></td>
      <td className="num"><Link to={listPath({ ...mine, sort: "-cost" })} title={costTitle(group.cost)}>{costOf(group)}</Link></td>
      <td className="num">{group.last_seen && <time dateTime={group.last_seen} title={moment(group.last_seen)}>{ago(group.last_seen, now)} <i className="dim">{clock(group.last_seen, now)}</i></time>}</td>
    </tr>
  );
}

function NoPeople({ list, go }) {
  const isWhole = !list.q && list.range === "all" && list.from == null;
  return (
    <div className="empty">
      <div className="empty-inner narrow">
        <h1>{isWhole ? "No users yet" : "No users match"}</h1>
        <p>{isWhole ? <>Spans name their user in <code>user.id</code>. With the SDK: <code>with session("chat-42", user="alice"):</code></> : "No trace with a user matches."}</p>
        {!isWhole && <div className="note-actions"><button type="button" className="button" onClick={() => go({ q: "", range: "all", from: null, to: null })}>Show all users</button></div>}
      </div>
    </div>
  );
}
