// Whom a failure affects: the values of its traces, each with its count and its list.
import { Link } from "react-router";
import { listOf } from "./figure_links.js";
import { exact } from "../shared/format.js";
import { selection } from "../question/list_url.js";
import { narrowed } from "../question/query_text.js";
import { Failed, Waiting } from "../shared/parts.jsx";
import { useAnswer } from "../shared/use_answer.js";

const FIELDS = "name,model,tool,agent,user,service,release";

export function Affected({ counted, q, version }) {
  const search = selection({ ...counted, q: narrowed(counted.q, q) });
  search.set("fields", FIELDS);
  search.set("limit", "5");
  const { data, error, again } = useAnswer(`/ui-api/facets?${search}`, version, true);
  if (error) return <Failed error={error} retry={again} />;
  if (!data) return <Waiting lines={2} label="Counting" />;
  return (
    <dl className="affected">
      {data.facets.filter(({ distinct }) => distinct > 0).map(({ field, values, distinct }) => (
        <div key={field}>
          <dt>{field}</dt>
          {values.map(({ value, count, q: term }) => <dd key={term}><Link to={listOf(counted, [q, term])} dir="auto">{value}</Link> <b>{exact(count)}</b></dd>)}
          {distinct > values.length && <dd className="dim">{exact(distinct - values.length)} more</dd>}
        </div>
      ))}
    </dl>
  );
}
