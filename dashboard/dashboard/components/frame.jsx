// The frame: rail, top bar, and the place of the page. Draws no data of its own.
import { Fragment, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { ThemeButton, ZoneButton, useChoiceCommands, useZone } from "./choices.jsx";
import { useAbout, useMounted, useShared } from "./data.js";
import { HealthBadge } from "./health_badge.jsx";
import { Help } from "./help.jsx";
import { Icon } from "./icons.jsx";
import { useKeys } from "./keys.js";
import { Palette } from "./palette.jsx";
import { QueryBox } from "./query_box.jsx";

export function Frame({ children, health, active }) {
  const mounted = useMounted();
  const [help, setHelp] = useState(false);
  const [zone] = useZone();
  const listSearch = useShared("listSearch");
  const home = `/${listSearch || ""}`;
  const openHelp = () => setHelp(true);
  return (
    <div className="frame">
      <nav className="rail" aria-label="Pages">
        <Link className="logo" to="/" aria-label="LLM Tracer, all traces" title="LLM Tracer">
          <Icon name="traces" />
        </Link>
        <Link className="rail-item" to={home} aria-current={active === "traces" ? "page" : undefined} title="Traces (g t)">
          <Icon name="traces" />
          <span>Traces</span>
        </Link>
      </nav>
      <header className="top">
        <Link className="product" to="/">LLM Tracer</Link>
        {mounted && <Project />}
        {mounted ? <QueryBox /> : <div className="query" />}
        <HealthBadge health={health} mounted={mounted} />
        <ZoneButton mounted={mounted} />
        <ThemeButton mounted={mounted} />
        <button type="button" className="tool-button" onClick={openHelp} aria-label="Keys and help" title="Keys and help (?)">
          ?
        </button>
      </header>
      {/* Another zone is another page: every time on it is written anew. */}
      <main className="page" id="page">{mounted ? <Fragment key={zone}>{children}</Fragment> : null}</main>
      {mounted && <FrameKeys openHelp={openHelp} home={home} />}
      {mounted && <PalettePlace openHelp={openHelp} />}
      {help && <Help close={() => setHelp(false)} />}
    </div>
  );
}

/** The project whose traces these are. */
function Project() {
  const about = useAbout();
  return about ? <span className="project" title={`The project of the dashboard's key: ${about.project}`}>{about.project}</span> : null;
}

/** Keys of every page. `g t` are two presses within a second. */
function FrameKeys({ openHelp, home }) {
  const g = useRef(0);
  useKeys({
    "?": openHelp,
    g: () => { g.current = Date.now(); },
    t: () => {
      if (Date.now() - g.current > 1000) return false;
      document.querySelector(`.rail-item[href="${CSS.escape(home)}"], .rail-item`)?.click();
      return undefined;
    },
  });
  return null;
}

/** Ctrl K or ⌘ K, also while somebody writes. */
function PalettePlace({ openHelp }) {
  const [open, setOpen] = useState(false);
  const choices = useChoiceCommands();
  useEffect(() => {
    const listener = (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) setOpen(true);
    };
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
  if (!open) return null;
  return <Palette close={() => setOpen(false)} commands={[...choices, { title: "Keys and help", note: "?", does: openHelp }]} />;
}
