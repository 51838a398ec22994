// The keys that work on this page, in a modal dialog of the browser's own.
import { useEffect, useRef } from "react";
import { useLocation } from "react-router";
import { useAbout } from "../shared/data.js";
import { PAGES } from "./pages.js";
import { Waiting } from "../shared/parts.jsx";
import { readSessions } from "../session/sessions_url.js";

const GO = { title: "Pages", keys: PAGES.map(({ title, key }) => ({ keys: `g ${key}`, does: `Go to ${title}` })) };

/** The name of the page that an address shows, as `page` of a group of keys says it. */
function pageName({ pathname, search }) {
  const name = pathname.split("/")[1] || "traces";
  return name === "sessions" && readSessions(search).by === "user" ? "users" : name;
}

export function Help({ close }) {
  const dialog = useRef(null);
  const about = useAbout();
  const here = pageName(useLocation());
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
          {about && [...about.keys.filter(({ page }) => page === null || page === here), GO].map((group) => (
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
