// Completion in the query box: which choices there are at the caret, which is pointed at, and what a key does.
import { useEffect, useRef, useState } from "react";
import { chosen, names, values, wordAt } from "./completion.js";
import { getJson } from "../shared/data.js";

const REST_MS = 90; // between the last letter and the question

// Names and keys are the same for every box; they are asked for when first needed and kept for a minute.
let known = { at: 0, answer: null };

async function fieldNames() {
  if (!known.answer || Date.now() - known.at > 60_000) known = { at: Date.now(), answer: getJson("/ui-api/fields") };
  try {
    return (await known.answer).data;
  } catch (error) {
    known = { at: 0, answer: null };
    throw error;
  }
}

async function choicesFor(word, signal) {
  if (word.field === null) return names(await fieldNames(), word.prefix);
  const search = new URLSearchParams({ field: word.field, prefix: word.prefix.replace(/^"/, ""), limit: "12" });
  const { data } = await getJson(`/ui-api/fields?${search}`, { signal });
  return values(word.field, data.fields[0]?.values || [], word.prefix);
}

/**
 * `input` refers to the box that holds `text`. Returns choices [{text, label, note}], `at` (the one pointed at, or -1),
 * open(), close(), pick(index), and onKeyDown(event), which says whether it used the key.
 */
export function useCompletion(input, text, setText) {
  const [isOpen, setOpen] = useState(false);
  const [found, setFound] = useState({ choices: [], word: null });
  const [at, setAt] = useState(-1);
  const caret = useRef(null);

  useEffect(() => {
    if (!isOpen) return undefined;
    const word = wordAt(text, input.current.selectionStart ?? text.length);
    if (!word || (word.field === null && !word.prefix)) {
      setFound({ choices: [], word: null });
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      choicesFor(word, abort.signal).then((choices) => {
        if (abort.signal.aborted) return;
        // A value that stands there already needs no completion.
        const done = choices.length === 1 && choices[0].text === word.prefix;
        setFound({ choices: done ? [] : choices, word });
        setAt(-1);
      }, () => setFound({ choices: [], word: null })); // an unknown field: the query will say so
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, isOpen]);

  useEffect(() => {
    if (caret.current === null) return;
    input.current.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [text]);

  const close = () => {
    setOpen(false);
    setFound({ choices: [], word: null });
    setAt(-1);
  };
  const { choices } = found;
  const pick = (index) => {
    const result = chosen(text, found.word, choices[index]);
    caret.current = result.caret;
    setText(result.text);
    setFound({ choices: [], word: null });
    setAt(-1);
    setOpen(found.word.field === null); // after a name its values
  };
  const onKeyDown = (event) => {
    if (!choices.length) return false;
    const n = choices.length;
    if (event.key === "ArrowDown") setAt((at + 1) % n);
    else if (event.key === "ArrowUp") setAt((at <= 0 ? n : at) - 1);
    else if (event.key === "Tab" && !event.shiftKey) pick(Math.max(0, at));
    else if (event.key === "Enter" && at >= 0) pick(at);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    return true;
  };
  return { choices: isOpen ? choices : [], at, open: () => setOpen(true), close, pick, onKeyDown };
}
