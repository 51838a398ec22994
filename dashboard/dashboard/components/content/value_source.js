// One way to ask for the rows of a value, whether it lies on the page or in a worker.
import { ValueModel } from "../shared/value_model.js";

/** A value that lies on the page. */
export function pageSource(value) {
  const model = new ValueModel(value);
  return {
    loaded: Promise.resolve({ count: model.rows.length, isJson: typeof value !== "string" }),
    slice: async (from, to) => model.slice(from, to),
    toggle: async (at) => {
      model.toggle(at);
      return model.rows.length;
    },
    search: async (text) => model.search(text),
    reveal: async (path) => ({ at: model.reveal(path), count: model.rows.length }),
    textOf: async (at) => model.textOf(at),
    close: () => {},
  };
}

/** What lies at a path of this origin, fetched and held by a worker. */
export function workerSource(path) {
  const worker = new Worker(new URL("./value_worker.js", import.meta.url), { type: "module" });
  const waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data }) => {
    const { resolve, reject } = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error) reject(new Error(data.error));
    else resolve(data.result);
  };
  const ask = (job, given = {}) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ id: last, job, ...given });
    });
  return {
    loaded: ask("load", { path }),
    slice: (from, to) => ask("slice", { from, to }),
    toggle: (at) => ask("toggle", { at }),
    search: (text) => ask("search", { text }),
    reveal: (path) => ask("reveal", { path }),
    textOf: (at) => ask("textOf", { at }),
    close: () => worker.terminate(),
  };
}
