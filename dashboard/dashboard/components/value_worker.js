// Holds one large value away from the page, so that reading it, opening it and searching it never hold the page up.
import { ValueModel, parseJson } from "./value_model.js";

let model = null;

const JOBS = {
  /** From bytes: JSON where it is, else text. */
  load({ bytes, json }) {
    const text = new TextDecoder().decode(bytes);
    let value = text;
    let isJson = false;
    if (json !== false && /^\s*[[{]/.test(text)) {
      try {
        value = parseJson(text);
        isJson = true;
      } catch {
        // text, then
      }
    }
    model = new ValueModel(value);
    return { count: model.rows.length, isJson, chars: text.length };
  },
  slice: ({ from, to }) => model.slice(from, to),
  toggle: ({ at }) => {
    model.toggle(at);
    return model.rows.length;
  },
  search: ({ text }) => model.search(text),
  reveal: ({ path }) => ({ at: model.reveal(path), count: model.rows.length }),
  textOf: ({ at }) => model.textOf(at),
};

self.onmessage = ({ data: { id, job, ...given } }) => {
  try {
    self.postMessage({ id, result: JOBS[job](given) });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};
