// Text with what was taken away and what was added, word by word; long stretches that are the same are cut in the middle.
import { useMemo, useState } from "react";
import { cutSame, readable } from "./compared.js";
import { exact } from "../shared/format.js";

const KEEP = 120; // characters of a stretch that is the same, at both of its ends
const WORDS_MAX = 4_000; // stretches that are drawn at once

/** `words`: [["=" | "-" | "+", text], …]. */
export function WordDiff({ words: given }) {
  const [all, setAll] = useState(false);
  const words = useMemo(() => readable(given), [given]);
  const isApart = words !== given;
  const shown = all ? words : words.slice(0, WORDS_MAX);
  return (
    <div className={isApart ? "text word-diff apart" : "text word-diff"} dir="auto">
      {shown.map(([change, text], n) => (
        change === "=" ? <Same key={n} text={text} /> : change === "-" ? <del key={n}>{text}</del> : <ins key={n}>{text}</ins>
      ))}
      {shown.length < words.length && <p className="more"><button type="button" onClick={() => setAll(true)}>Show <i>{exact(words.length - shown.length)} more passages</i></button></p>}
    </div>
  );
}

function Same({ text }) {
  const [open, setOpen] = useState(false);
  const [begin, left, end] = cutSame(text, KEEP);
  if (open || !left) return <span>{text}</span>;
  return <span>{begin}<button type="button" className="link" onClick={() => setOpen(true)}> … {exact(left)} characters the same … </button>{end}</span>;
}
