// The keys, in a modal dialog of the browser's own.
import { useEffect, useRef } from "react";
import { useLocation } from "react-router";
import { useAbout } from "../shared/data.js";
import { PAGES } from "./pages.js";
import { Waiting } from "../shared/parts.jsx";

const GO = { title: "Pages", keys: PAGES.map(({ title, key }) => ({ keys: `g ${key}`, does: `Go to ${title}` })) };

/** The keys of all pages, then those of this one, then the rest. */
function hereFirst(groups, pathname) {
  const here = pathname.split("/")[1] || "traces";
  const rank = ({ pages }) => (pages.length === 0 ? 0 : pages.includes(here) ? 1 : 2);
  return groups.toSorted((one, other) => rank(one) - rank(other));
}

export function Help({ close }) {
  const dialog = useRef(null);
  const about = useAbout();
  const { pathname } = useLocation();
  useEffect(() => {
    if (dialog.current && !dialog.current.open) dialog.current.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="help" onClose={close} aria-labelledby="help-title"
      onClick={(event) => event.target === dialog.current && dialog.current.close()}>
      <div className="help-body">
        <header>
          <h2 id="help-title">Keys</h2>
          <button type="button" className="button plain" onClick={() => dialog.current.close()}>Close</button>
        </header>
        <div className="help-groups">
          {!about && <Waiting />}
          {about && [...hereFirst(about.keys, pathname), GO].map((group) => (
            <section key={group.title}>
              <h3>{group.title}</h3>
              <dl>
                {group.keys.map((key) => (
                  <div key={key.keys}>
                    <dt>{key.keys.split(" ").map((one, i) => (one === "…" ? <i key={i}>…</i> : <kbd key={i}>{one}</kbd>))}</dt>
                    <dd>{key.does}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        <section className="help-query">
          <h3>Query</h3>
          <p>
            Words are searched in names, inputs, outputs and errors. Fields narrow down:{" "}
            <code>status:error</code> <code>model:gpt-4o*</code> <code>dur&gt;2s</code> <code>cost&gt;=0.01</code>{" "}
            <code>tokens&gt;10k</code> <code>tool:search</code> <code>-tag:test</code> <code>"refund for order 42"</code>
          </p>
        </section>
      </div>
    </dialog>
  );
}
