// The command palette: pages, traces, saved views, any id, theme, zone, keys; everything by a few letters.
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { sharedNow, useShared } from "../shared/data.js";
import { ago } from "../shared/format.js";
import { listPath } from "../question/list_url.js";
import { pathOfId } from "./open_id.js";
import { PAGES, pagePath } from "./pages.js";
import { fitting, idKind } from "./palette.js";
import { spansPath } from "../list/spans_url.js";
import { useViews } from "../question/views_menu.jsx";
import { tracePath } from "../list/trace_row.jsx";

const WHAT = { trace: "trace", span: "span", id: "the item with id" };

/** `commands`: [{title, note, does}] of the frame. */
export function Palette({ close, commands }) {
  const navigate = useNavigate();
  const dialog = useRef(null);
  const list = useRef(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [views] = useViews();
  const recent = useShared("listTraces");
  useEffect(() => {
    if (!dialog.current.open) dialog.current.showModal();
  }, []);

  const asked = text.trim();
  const to = (path) => () => navigate(path);
  const entries = fitting([
    ...PAGES.map((page) => ({ group: "Pages", title: page.title, note: `g ${page.key}`, does: to(pagePath(page, sharedNow("listSearch") || "")) })),
    { group: "Views", title: "All traces", note: "", does: to("/") },
    { group: "Views", title: "Traces in error", note: "status:error", does: to(listPath({ q: "status:error" })) },
    { group: "Views", title: "Slowest traces", note: "by duration", does: to(listPath({ sort: "-duration_ms" })) },
    { group: "Views", title: "Most expensive traces", note: "by cost", does: to(listPath({ sort: "-cost" })) },
    { group: "Views", title: "Most expensive model calls", note: "spans by cost", does: to(spansPath({ q: "kind:llm", sort: "-cost" })) },
    { group: "Views", title: "Running traces", note: "status:running", does: to(listPath({ q: "status:running" })) },
    ...views.map(({ name, search }) => ({ group: "Views", title: name, note: "saved view", does: to(`/${search}`) })),
    ...recent.map((trace) => ({ group: "Traces", title: trace.name || "unnamed", note: `${trace.status}, ${ago(trace.start_time, Date.now())}`, does: to(tracePath(trace)) })),
    ...commands.map((command) => ({ group: "Commands", ...command })),
  ], asked);
  const kind = idKind(asked);
  if (kind) entries.unshift({ group: "Id", title: `Open ${WHAT[kind]} ${asked}`, note: "", does: () => pathOfId(asked).then(navigate, to(listPath({ q: asked }))) });
  if (asked && kind !== "trace" && kind !== "span") entries.push({ group: "Search", title: `Search for ${asked}`, note: "in the list", does: to(listPath({ q: asked })) });
  const chosen = Math.min(at, entries.length - 1);
  useEffect(() => { list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }); }, [chosen]);

  const run = (entry) => {
    dialog.current.close();
    close(); // its own event may come when another page is here already
    entry?.does();
  };
  const onKeyDown = (event) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((chosen + step + entries.length) % Math.max(1, entries.length));
    else if (event.key === "Enter") run(entries[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} className="palette" onClose={close} aria-label="Command palette" onClick={(event) => event.target === dialog.current && dialog.current.close()}>
      <input value={text} onChange={(event) => { setText(event.target.value); setAt(0); }} onKeyDown={onKeyDown} autoFocus
        role="combobox" aria-expanded="true" aria-controls="palette-entries" aria-activedescendant={`entry-${chosen}`} aria-label="Command"
        placeholder="Go to a page, trace or view, or paste an id" spellCheck={false} autoComplete="off" />
      <ul id="palette-entries" role="listbox" aria-label="Entries" ref={list}>
        {entries.map((entry, i) => (
          <li key={`${entry.group} ${entry.title} ${i}`} id={`entry-${i}`} role="option" aria-selected={i === chosen} onClick={() => run(entry)} onPointerMove={() => setAt(i)}>
            <i>{entry.group !== entries[i - 1]?.group && entry.group}</i>
            <span className="entry-title" dir="auto">{entry.title}</span>
            <span className="dim">{entry.note}</span>
          </li>
        ))}
        {!entries.length && <li className="dim">No matches.</li>}
      </ul>
    </dialog>
  );
}
