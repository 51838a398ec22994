// Sums by sender: the path, the product, the convention.
import { useNow } from "../shared/data.js";
import { bytes, exact } from "../shared/format.js";
import { When } from "../shared/when.jsx";

/** `choose(name)`: only requests of this path, product or convention. */
export function Senders({ senders, chosen, choose }) {
  const now = useNow(10_000);
  if (!senders.length) return null;
  return (
    <section className="panel" aria-label="Senders">
      <header><h2>By source and convention</h2></header>
      <table className="figures-list senders">
        <thead>
          <tr>
            <th scope="col">Source</th><th scope="col">Program</th><th scope="col">Convention</th><th scope="col" className="num">Requests</th><th scope="col" className="num">Failed</th>
            <th scope="col" className="num">Accepted</th><th scope="col" className="num">Refused</th><th scope="col" className="num">Lost</th><th scope="col" className="num">Bytes</th><th scope="col" className="num t-when">Last</th>
          </tr>
        </thead>
        <tbody>
          {senders.map((one) => (
            <tr key={`${one.source} ${one.product} ${one.convention}`} data-row="" tabIndex={-1}>
              <th scope="row"><Name name={one.source} chosen={chosen} choose={choose} opens /></th>
              <td><Name name={one.product} chosen={chosen} choose={choose} /></td>
              <td><Name name={one.convention} chosen={chosen} choose={choose} /></td>
              <td className="num">{exact(one.requests)}</td>
              <td className={`num${one.failed ? " s-error" : " dim"}`}>{exact(one.failed)}</td>
              <td className="num">{exact(one.accepted)}</td>
              <td className={`num${one.refused ? " s-error" : " dim"}`}>{exact(one.refused)}</td>
              <td className={`num${one.lost ? " s-warn" : " dim"}`}>{exact(one.lost)}</td>
              <td className="num">{bytes(one.bytes)}</td>
              <td className="num t-when"><When time={one.last} now={now} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Name({ name, chosen, choose, opens }) {
  if (!name) return <span className="dim">–</span>;
  return <button type="button" className="link" aria-pressed={name === chosen} onClick={() => choose(name)} data-opens={opens ? "" : undefined} title={`Only requests from ${name}`} dir="auto">{name}</button>;
}
