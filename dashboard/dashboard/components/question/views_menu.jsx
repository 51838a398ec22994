// Saved views: a name for a question. They are kept in this browser; their link works in any.
import { useState } from "react";
import { Link } from "react-router";
import { share, useShared } from "../shared/data.js";
import { listSearch } from "./list_url.js";
import { Menu } from "../shared/menu.jsx";
import { Copy } from "../shared/parts.jsx";
import { keepViews, keptViews, withView, withoutView } from "./saved_views.js";

export function useViews() {
  const views = useShared("views") || keptViews();
  return [views, (changed) => share({ views: keepViews(changed) })];
}

export function ViewsMenu({ list }) {
  const [views, setViews] = useViews();
  const here = listSearch({ ...list, peek: null, live: true });
  const current = views.find((view) => view.search === here);
  return (
    <Menu label={current ? current.name : "Views"} title="Saved views" className="views-menu">
      {(close) => (
        <>
          {views.length === 0 && <p className="dim">A view saves the query, time range and sort order under a name.</p>}
          <ul className="views">
            {views.map(({ name, search }) => (
              <li key={name}>
                <Link to={`/${search}`} onClick={close} aria-current={search === here ? "true" : undefined} title={new URLSearchParams(search).get("q") || "All traces"}>{name}</Link>
                <Copy text={() => `${window.location.origin}/${search}`} label={`Copy the link to ${name}`} />
                <button type="button" className="quiet-button" onClick={() => setViews(withoutView(views, name))} aria-label={`Delete the view ${name}`} title="Delete">✕</button>
              </li>
            ))}
          </ul>
          <SaveForm save={(name) => { setViews(withView(views, name, here)); close(); }} />
        </>
      )}
    </Menu>
  );
}

function SaveForm({ save }) {
  const [name, setName] = useState("");
  const submit = (event) => {
    event.preventDefault();
    if (name.trim()) save(name.trim());
  };
  return (
    <form className="save-view" onSubmit={submit}>
      <input value={name} onChange={(event) => setName(event.target.value)} placeholder="Name of this view" aria-label="Name of this view" maxLength={80} />
      <button type="submit" className="button" disabled={!name.trim()}>Save</button>
    </form>
  );
}
