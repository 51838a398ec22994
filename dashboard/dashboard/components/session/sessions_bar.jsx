// What stands above the list of sessions and that of users.
import { Link } from "react-router";
import { RangeControl } from "../question/range_control.jsx";
import { sessionsPath } from "./sessions_url.js";

const LISTS = [["session", "Sessions"], ["user", "Users"]];

export function SessionsBar({ list, go, error, children }) {
  return (
    <div className="list-bar">
      <h1>{LISTS.find(([by]) => by === list.by)[1]}</h1>
      <span className="switch" role="group" aria-label="List">
        {LISTS.map(([by, title]) => (
          <Link key={by} to={sessionsPath({ ...list, by })} aria-current={list.by === by ? "true" : undefined} title={`${title} (u switches between them)`}>{title}</Link>
        ))}
      </span>
      <RangeControl list={list} go={go} error={error} />
      {children}
    </div>
  );
}
