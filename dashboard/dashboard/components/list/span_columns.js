// What the list of spans has to say in its columns. Pure functions.

/** The model, or the tool where it is not called as its span; "" where there is neither. */
export const whatOf = (span) => span.model || (span.tool_name !== span.name && span.tool_name) || "";

/** Whether tokens and cost belong to a span at all: of others a dash would say that they are unknown. */
export const isCounted = (span) => Boolean(span.usage || span.cost || span.kind === "llm");

/** Classes that leave out columns in which no row says something; none of what the list is sorted by, or without rows. */
export function emptyColumns(rows, sort) {
  if (!rows.length) return "";
  const isSortedBy = sort === "-tokens" || sort === "-cost";
  return [!rows.some(whatOf) && "no-what", !isSortedBy && !rows.some(isCounted) && "no-counts"].filter(Boolean).join(" ");
}
