// Holds one large value away from the page, so that fetching, reading, opening and searching it never hold the page up.
import { ValueModel, parseJson } from "../shared/value_model.js";

let model = null;

const JOBS = {
  /** From a path of this origin: JSON where it is, else text. */
  async load({ path }) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const text = await answer.text();
    let value = text;
    let isJson = false;
    if (/^\s*[[{]/.test(text)) {
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

self.onmessage = async ({ data: { id, job, ...given } }) => {
  try {
    self.postMessage({ id, result: await JOBS[job](given) });
  } catch (error) {
    self.postMessage({ id, error: error.message });
  }
};
