// The frame: rail, top bar, and the place of the page. Draws no data of its own.
import { Fragment, useEffect, useState } from "react";
import { Link, useNavigate } from "react-router";
import { ThemeButton, ZoneButton, useChoiceCommands, useZone } from "./choices.jsx";
import { share, sharedNow, useAbout, useMounted, useShared } from "../shared/data.js";
import { HealthBadge } from "./health_badge.jsx";
import { Help } from "./help.jsx";
import { Icon } from "../shared/icons.jsx";
import { isForKeys, useKeys } from "../shared/keys.js";
import { PAGES, pagePath } from "./pages.js";
import { Palette } from "./palette.jsx";
import { QueryBox } from "../question/query_box.jsx";
import { signOut } from "./sign_out.js";
import { useForgottenOrigin } from "./use_origin.js";

export function Frame({ children, health, active }) {
  const mounted = useMounted();
  const [help, setHelp] = useState(false);
  const [zone] = useZone();
  const asked = useShared("listSearch") || "";
  const openHelp = () => setHelp(true);
  return (
    <div className="frame">
      <a className="skip" href="#page" onClick={skip}>Skip to content</a>
      <nav className="rail" aria-label="Pages">
        <Link className="logo" to="/" aria-label="LLM Tracer, all traces" title="LLM Tracer">
          <Icon name="traces" />
        </Link>
        {PAGES.map((page) => (
          <Link key={page.id} className="rail-item" to={pagePath(page, asked)} aria-current={active === page.id ? "page" : undefined} title={`${page.title} (g ${page.key})`}>
            <Icon name={page.id} />
            <span>{page.title}</span>
          </Link>
        ))}
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
        {mounted && <SignOut />}
      </header>
      {/* Another zone is another page: every time on it is written anew. */}
      <main className="page" id="page" tabIndex={-1}>{mounted ? <Fragment key={zone}>{children}</Fragment> : null}</main>
      {mounted && <FrameKeys openHelp={openHelp} />}
      {mounted && <PalettePlace openHelp={openHelp} />}
      {help && <Help close={() => setHelp(false)} />}
    </div>
  );
}

/** Past the rail and the bars, to the rows or what else is the middle of the page. */
function skip(event) {
  event.preventDefault();
  const page = document.getElementById("page");
  (page.querySelector(".rows, .grid, .turns, .compare-grid, .tiles a, [data-row]") ?? page).focus();
}

/** The project whose traces these are; until that is known, the room of the one that was here last: nothing is to move. */
function Project() {
  const about = useAbout();
  const [last] = useState(keptProject);
  useEffect(() => { if (about) keepProject(about.project); }, [about]);
  if (about) return <span className="project" title={`The project that the dashboard's key belongs to: ${about.project}`}>{about.project}</span>;
  return last && <span className="project unsure" aria-hidden="true">{last}</span>;
}

const PROJECT_KEY = "llm-tracer-project";

function keptProject() {
  try {
    return localStorage.getItem(PROJECT_KEY);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function keepProject(name) {
  try {
    localStorage.setItem(PROJECT_KEY, name);
  } catch {
    // its room comes with it, then
  }
}

/** Where people had to sign in. */
function SignOut() {
  if (!useAbout()?.can_sign_out) return null;
  return (
    <button type="button" className="tool-button" onClick={signOut} aria-label="Sign out" title="Sign out">
      <Icon name="out" />
    </button>
  );
}

/** Keys of every page. `g t` and the like are two presses within a second; the second is no other key then. */
function FrameKeys({ openHelp }) {
  const navigate = useNavigate();
  useForgottenOrigin();
  useKeys({ "?": openHelp });
  useEffect(() => {
    let pressed = 0;
    const listener = (event) => {
      if (!isForKeys(event)) return;
      const page = Date.now() - pressed < 1000 && PAGES.find(({ key }) => key === event.key);
      pressed = event.key === "g" ? Date.now() : 0;
      if (!page) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      navigate(pagePath(page, sharedNow("listSearch") || ""));
    };
    window.addEventListener("keydown", listener, { capture: true });
    return () => window.removeEventListener("keydown", listener, { capture: true });
  }, [navigate]);
  return null;
}

/** Ctrl K or ⌘ K, also while somebody writes. It stays open where another page comes just then, with a frame of its own. */
function PalettePlace({ openHelp }) {
  const open = useShared("isPaletteOpen");
  const choices = useChoiceCommands();
  const ofPage = useShared("pageCommands");
  const about = useAbout();
  useEffect(() => {
    const listener = (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) share({ isPaletteOpen: true });
    };
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
  if (!open) return null;
  const commands = [...ofPage, ...choices, { title: "Keys and help", note: "?", does: openHelp }];
  if (about?.can_sign_out) commands.push({ title: "Sign out", note: "", does: signOut });
  return <Palette close={() => share({ isPaletteOpen: false })} commands={commands} />;
}
