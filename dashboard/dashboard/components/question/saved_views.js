// Views of the list that a person named: kept in the browser, shared by their links.

const KEY = "llm-tracer-views";

/** [{name, search}], by name. Damaged or missing: none. */
export function keptViews() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(kept) ? kept.filter(({ name, search }) => name && typeof search === "string") : [];
  } catch {
    return [];
  }
}

/** The views with one more; one of the same name is replaced. */
export function withView(views, name, search) {
  const others = views.filter((view) => view.name !== name);
  return [...others, { name, search }].sort((a, b) => a.name.localeCompare(b.name));
}

export const withoutView = (views, name) => views.filter((view) => view.name !== name);

export function keepViews(views) {
  try {
    localStorage.setItem(KEY, JSON.stringify(views));
  } catch {
    // they hold as long as the page
  }
  return views;
}
