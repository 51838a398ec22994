// How high the rows of lists are: calm or dense. Kept in the browser; the sheet knows it by the root's attribute.

const KEY = "llm-tracer-density";

function kept() {
  try {
    return localStorage.getItem(KEY) === "dense" ? "dense" : "calm";
  } catch {
    return "calm";
  }
}

let density = kept();

const show = () => {
  if (typeof document !== "undefined") document.documentElement.dataset.density = density;
};
show();

/** "calm" or "dense". */
export const densityNow = () => density;

export function chooseDensity(chosen) {
  density = chosen;
  show();
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // it holds as long as the page
  }
}
