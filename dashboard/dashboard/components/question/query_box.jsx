// The query box. What it holds is the `q` of the address; it completes names and values; an error of the query stands
// under its character.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { Completions } from "./completions.jsx";
import { share, sharedNow, useShared } from "../shared/data.js";
import { Icon } from "../shared/icons.jsx";
import { useKeys } from "../shared/keys.js";
import { listPath, listSearch, readList, withOwn } from "./list_url.js";
import { pathOfId } from "../frame/open_id.js";
import { pageAt } from "../frame/pages.js";
import { idKind } from "../frame/palette.js";
import { searchNow } from "../shared/search_now.js";
import { useCompletion } from "./use_completion.js";

export function QueryBox() {
  const location = useLocation();
  const navigate = useNavigate();
  const page = pageAt(location.pathname);
  const asks = Boolean(page?.asks);
  const search = asks ? location.search : sharedNow("listSearch") || "";
  const asked = readList(search);
  const [text, setText] = useState(asked.q);
  const input = useRef(null);
  const error = useShared("queryError");
  const completion = useCompletion(input, text, setText);
  // The box follows the address, but an address that changes in something else leaves alone what is being typed.
  const followed = useRef(asked.q);
  useEffect(() => {
    if (followed.current !== asked.q || document.activeElement !== input.current) setText(asked.q);
    followed.current = asked.q;
  }, [asked.q, location.key]);
  useKeys({
    "/": () => {
      if (document.getElementById("find-in-trace")) return false; // there, the key finds in the trace
      input.current.focus();
      input.current.select();
      return undefined;
    },
  });

  const submit = (q) => {
    share({ queryError: null });
    completion.close();
    const id = idKind(q.trim());
    const inPage = () => {
      const before = asks ? searchNow() : search;
      const next = { ...readList(before), peek: null, q: q.trim() };
      navigate(asks ? page.path + withOwn(listSearch(next), before) : listPath(next));
    };
    // What can only be the id of a trace or a span is opened.
    if (id === "trace" || id === "span") pathOfId(q.trim()).then(navigate, inPage);
    else inPage();
  };
  const onKeyDown = (event) => {
    if (event.nativeEvent.isComposing || completion.onKeyDown(event)) return;
    if (event.key === "Escape") {
      if (text !== asked.q) setText(asked.q);
      else input.current.blur();
      event.preventDefault();
    } else if (event.key === "ArrowDown") {
      input.current.blur();
      event.preventDefault();
    }
  };
  const shown = error && asks && error.q === text ? error : null;
  return (
    <form className={`query${shown ? " wrong" : ""}`} role="search" onSubmit={(event) => { event.preventDefault(); submit(text); input.current.blur(); }}>
      <Icon name="search" />
      <div className="query-field">
        <input
          id="query"
          ref={input}
          type="text"
          value={text}
          onChange={(event) => { setText(event.target.value); completion.open(); }}
          onKeyDown={onKeyDown}
          onBlur={completion.close}
          role="combobox"
          aria-expanded={completion.choices.length > 0}
          aria-controls="completions"
          aria-autocomplete="list"
          aria-activedescendant={completion.at >= 0 ? `completion-${completion.at}` : undefined}
          placeholder="Search, or status:error model:gpt-4o* dur>2s tool:search"
          aria-label="Query"
          aria-invalid={shown ? true : undefined}
          aria-describedby={shown ? "query-error" : undefined}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
        />
        <Completions {...completion} />
        {shown && !completion.choices.length && <QueryError error={shown} input={input} />}
      </div>
      {text ? (
        <button type="button" className="query-clear" onClick={() => { setText(""); if (asked.q) submit(""); }} aria-label="Clear the query" title="Clear the query">
          <Icon name="clear" />
        </button>
      ) : (
        <kbd aria-hidden="true">/</kbd>
      )}
    </form>
  );
}

/** A mark under the character and the message below it. A hidden copy of the text gives the place, in any script. */
function QueryError({ error, input }) {
  const mark = useRef(null);
  const [left, setLeft] = useState(0);
  const [scroll, setScroll] = useState(0);
  const at = Math.min(error.position ?? 0, error.q.length);
  useLayoutEffect(() => {
    const field = input.current;
    const place = () => {
      setScroll(field.scrollLeft);
      setLeft(Math.max(0, Math.min((mark.current?.offsetLeft ?? 0) - field.scrollLeft, field.clientWidth - 40)));
    };
    place();
    field.addEventListener("scroll", place);
    return () => field.removeEventListener("scroll", place);
  }, [at, error.q]);
  return (
    <>
      <div className="query-mirror" aria-hidden="true">
        <div style={{ transform: `translateX(${-scroll}px)` }}>
          {error.q.slice(0, at)}
          <span ref={mark} className="query-bad">{error.q.slice(at, at + 1) || "\u00a0"}</span>
          {error.q.slice(at + 1)}
        </div>
      </div>
      <div className="query-error" id="query-error" role="alert" style={{ marginLeft: Math.max(0, left - 12) }}>
        <p>{error.detail}</p>
        {error.expected && !error.detail.includes(error.expected) && <p className="dim">Expected {error.expected}, at character {at + 1}.</p>}
        {error.hint && <p className="dim">{error.hint}</p>}
      </div>
    </>
  );
}
