// Two traces or two spans beside each other: what differs in figures, row by row, and in what was said.
import { useEffect } from "react";
import { useNavigate } from "react-router";
import { CompareContent } from "./compare_content.jsx";
import { CompareHeader } from "./compare_header.jsx";
import { forgetSide } from "./compare_pick.js";
import { CompareRows } from "./compare_rows.jsx";
import { CompareTools } from "./compare_tools.jsx";
import { compareSearch, isSpan, readCompare, sidePath } from "./compare_url.js";
import { rowAt, shownRows } from "./compared.js";
import { useCopiedLink } from "../frame/copied_link.jsx";
import { sharedNow } from "../shared/data.js";
import { useKeys } from "../shared/keys.js";
import { Failed, Waiting } from "../shared/parts.jsx";
import { PickSides } from "./pick_sides.jsx";
import { Splitter } from "../shared/splitter.jsx";
import { useCompared } from "./use_compared.js";
import { useOrigin } from "../frame/use_origin.js";
import { useUrlState } from "../shared/use_url_state.js";

const OFTEN = ["at"]; // of the address

export function CompareView() {
  const [url, change, go] = useUrlState(readCompare, compareSearch, OFTEN);
  const { a, b } = url;
  const isOneKind = a && b && isSpan(a) === isSpan(b);
  const { data, error, slow, reload } = useCompared("compare", isOneKind && a !== b ? a : null, b);
  useEffect(() => { document.title = "Compare · LLM Tracer"; }, []);
  useEffect(() => { if (data) forgetSide(); }, [data]); // what was asked for is here

  if (!isOneKind || a === b) return <PickSides a={a} b={b} go={go} />;
  if (error) return <PickSides a={a} b={b} go={go} problem={<Failed error={error} what={error.status === 404 ? "One of the two does not exist" : undefined} retry={reload} />} />;
  if (!data) return <div className="compare-page">{slow && <Waiting lines={14} label="Comparing" />}</div>;
  return <Compared key={`${a} ${b}`} data={data} url={url} change={change} go={go} reload={reload} />;
}

function Compared({ data, url, change, go, reload }) {
  const navigate = useNavigate();
  const { rows, first_divergence: divergence } = data;
  const shown = shownRows(rows, url.only);
  const chosen = rowAt(rows, url.at);
  const start = divergence ? divergence.row : 0;
  const selected = chosen >= 0 ? chosen : start;
  const select = (index) => index >= 0 && change({ at: (rows[index].a || rows[index].b).span_id });
  // Where the two first part is where the eye should be; the address says so from the start.
  useEffect(() => { if (chosen < 0) select(start); }, []);
  useOrigin(`/compare${compareSearch(url)}`);

  const step = (by) => {
    const at = shown.indexOf(selected);
    const next = at < 0 ? shown.findIndex((index) => index > selected) : Math.max(0, Math.min(shown.length - 1, at + by));
    select(shown[next] ?? -1);
  };
  const seek = (by) => {
    for (let i = selected + by; i >= 0 && i < rows.length; i += by) {
      if (rows[i].change !== "same") return select(i);
    }
    return undefined;
  };
  const toDivergence = () => divergence && select(divergence.row);
  const open = (side) => {
    const span = rows[selected]?.[side];
    return span ? navigate(sidePath(`${url[side].slice(0, 32)}/${span.span_id}`)) : false;
  };
  const [copyLink, copied] = useCopiedLink();
  const turn = () => go({ a: url.b, b: url.a });
  const flip = () => change({ only: !url.only });
  useKeys({
    j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1), PageDown: () => step(20), PageUp: () => step(-20),
    Home: () => select(shown[0] ?? -1), End: () => select(shown.at(-1) ?? -1),
    n: () => seek(1), N: () => seek(-1), d: toDivergence, o: flip, s: turn, r: reload,
    a: () => open("a"), b: () => open("b"), Enter: () => (rows[selected]?.b ? open("b") : open("a")),
    y: copyLink,
    Escape: () => (window.history.state?.idx > 0 ? navigate(-1) : navigate(`/${sharedNow("listSearch") || ""}`)),
  });
  return (
    <div className="compare-page">
      <CompareHeader data={data} a={url.a} b={url.b} turn={turn} />
      <CompareTools data={data} selected={selected} select={select} toDivergence={toDivergence} seek={seek} only={url.only} flip={flip} />
      <Splitter name="compare" start={0.54} min={320}
        first={<CompareRows rows={rows} shown={shown} selected={selected} divergence={divergence?.row ?? -1} select={select} />}
        second={<CompareContent row={rows[selected]} a={url.a} b={url.b} />} />
      {copied}
    </div>
  );
}
