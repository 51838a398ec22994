// The frame: rail, top bar, and the place of the page. Draws no data of its own.
import { useContext, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { ColorModeContext, EventLoopContext } from "$/utils/context-registry";
import { useAbout, useMounted, useShared } from "./data.js";
import { Help } from "./help.jsx";
import { Icon } from "./icons.jsx";
import { useKeys } from "./keys.js";
import { QueryBox } from "./query_box.jsx";
import { Copy, Ticked } from "./parts.jsx";

export function Frame({ children, health, active }) {
  const mounted = useMounted();
  const [help, setHelp] = useState(false);
  const listSearch = useShared("listSearch");
  const home = `/${listSearch || ""}`;
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
        {mounted ? <QueryBox /> : <div className="query" />}
        <HealthBadge health={health} mounted={mounted} />
        <ThemeButton mounted={mounted} />
        <button type="button" className="tool-button" onClick={() => setHelp(true)} aria-label="Keys and help" title="Keys and help (?)">
          ?
        </button>
      </header>
      <main className="page" id="page">{mounted ? children : null}</main>
      {mounted && <FrameKeys openHelp={() => setHelp(true)} home={home} />}
      {help && <Help close={() => setHelp(false)} />}
    </div>
  );
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
  useAbout();
  return null;
}

const LOST = {
  state: "disconnected",
  label: "Dashboard stopped",
  detail: "The dashboard's own process does not answer. What you see is the last that was read.",
  advice: "Start it again with `llm-tracer up`; this page then continues by itself.",
};

/** Connected, or not and what to do. Opens by itself when something is wrong, and can be folded. */
function HealthBadge({ health, mounted }) {
  const [, connectErrors] = useContext(EventLoopContext) || [];
  const [folded, setFolded] = useState(false);
  const [opened, setOpened] = useState(false);
  const shown = mounted && connectErrors?.length > 0 ? LOST : health;
  const bad = shown.state !== "connected" && shown.state !== "connecting";
  useEffect(() => {
    setFolded(false);
    setOpened(false);
  }, [shown.state, shown.label]);
  // A page that failed for the same reason says all of it already.
  const told = useShared("toldByPage");
  const open = opened || (bad && !told && !folded);
  const toggle = () => {
    setOpened(!open);
    setFolded(open);
  };
  const command = /`(llm-tracer [^`]+)`/.exec(shown.advice || "")?.[1];
  return (
    <div className="health-place">
      <button type="button" className={`health h-${shown.state}`} onClick={toggle} aria-expanded={open} title={shown.detail}>
        <span className="dot" aria-hidden="true" />
        {shown.label}
      </button>
      {open && (
        <div className={`health-note h-${shown.state}`} role={bad ? "alert" : "status"}>
          <strong>{shown.label}</strong>
          <p>{bad ? shown.detail : `The Tracer API at ${shown.detail} answers.`}</p>
          {shown.advice && <p><Ticked text={shown.advice} /></p>}
          <div className="note-actions">
            {command && <Copy text={command} quiet={false} label={`Copy ${command}`} />}
            <button type="button" className="button plain" onClick={toggle}>Hide</button>
          </div>
        </div>
      )}
    </div>
  );
}

const NEXT = { light: "dark", dark: "system", system: "light" };
const THEME_ICON = { light: "sun", dark: "moon", system: "system" };

function ThemeButton({ mounted }) {
  const { rawColorMode, setColorMode } = useContext(ColorModeContext);
  const mode = mounted ? rawColorMode : "system";
  const label = `Theme: ${mode}. Change to ${NEXT[mode]}`;
  return (
    <button type="button" className="tool-button" onClick={() => setColorMode(NEXT[mode])} aria-label={label} title={label}>
      <Icon name={THEME_ICON[mode] || "system"} />
    </button>
  );
}
