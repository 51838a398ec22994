// How a cost came about, in lines.
import { exact } from "../shared/format.js";

const SOURCES = { sender: "as the program sent it", user: "with your price file", computed: "with the public price list" };

/** The tokens that a part of a cost is for, without those that another part is for; null when that is not known. */
function tokensOf(part, parts, usage) {
  if (!usage) return null;
  const own = (name) => (parts[name] ? usage[name] || 0 : 0);
  if (part === "fresh_input") return (usage.input || 0) - (usage.cache_read || 0) - (usage.cache_write || 0) - own("input_audio");
  if (part === "cache_write") return (usage.cache_write || 0) - own("cache_write_5m") - own("cache_write_1h");
  if (part === "output") return (usage.output || 0) - own("reasoning") - own("output_audio");
  return usage[part] ?? null;
}

/** A part: its tokens and its price for a million of them, when these explain it. */
function formula(part, value, parts, usage) {
  const tokens = value > 0 ? tokensOf(part, parts, usage) : null;
  if (!tokens || tokens < 0) return `${part}: $${value}`;
  const price = Number(((value / tokens) * 1e6).toPrecision(4));
  return `${part}: ${exact(tokens)} × $${price} / million = $${Number(value.toPrecision(6))}`;
}

export function costTitle(cost, usage) {
  const parts = Object.entries(cost.parts || {});
  const lines = [`total $${cost.total}`];
  if (cost.source === "sender" || parts.length === 0) {
    if (cost.input != null) lines.push(`input $${cost.input}`);
    if (cost.output != null) lines.push(`output $${cost.output}`);
    for (const [name, value] of parts) lines.push(`${name} $${value}`);
  } else {
    for (const [name, value] of parts) lines.push(formula(name, value, cost.parts, usage));
  }
  lines.push([SOURCES[cost.source] || cost.source, cost.price_version].filter(Boolean).join(": "));
  return lines.join("\n");
}
