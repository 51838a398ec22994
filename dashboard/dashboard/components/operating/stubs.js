// Beginnings of files of one's own, to be copied: a table for keys that none knows, prices for models without one. Pure.

const text = (value) => JSON.stringify(value.toWellFormed()).replace(/\x7f/g, "\\u007f"); // a TOML basic string is a JSON string, almost

/** Canonical fields by what a key's name says, the more telling first. */
const FIELDS = [
  ["usage_input", /(input|prompt)[._-]?tokens?|tokens?[._-](in|input|prompt)$/],
  ["usage_output", /(output|completion)[._-]?tokens?|tokens?[._-](out|output|completion)$/],
  ["usage_total", /total[._-]?tokens?|tokens?[._-]total$/],
  ["tool_name", /tool([._-]?name)?$/],
  ["session_id", /(session|conversation|thread|chat)([._-]?id)?$/],
  ["user_id", /(user|customer|tenant)([._-]?id)?$/],
  ["provider", /(provider|vendor)$/],
  ["request_model", /model([._-]?(name|id))?$/],
  ["input_raw", /(input|prompt|question|query|request)$/],
  ["output_raw", /(output|answer|completion|response|result)$/],
];

/** The field that a key seems to hold, null when its name does not say. */
export function fieldOfKey(key) {
  const name = key.toLowerCase();
  return FIELDS.find(([, pattern]) => pattern.test(name))?.[0] || null;
}

/** A table of conventions for keys (docs/dialects.md). What is guessed stands there as a line, the rest as comments. */
export function mappingStub(keys) {
  const guessed = new Map();
  const open = [];
  for (const key of keys) {
    const field = fieldOfKey(key);
    if (field) guessed.set(field, [...(guessed.get(field) || []), key]);
    else open.push(key);
  }
  return [
    "# Your own table: save it, set TRACER_DIALECTS to its path, restart the Tracer API (docs/dialects.md).",
    'version = "own-1"', "", "[fields]",
    ...[...guessed].map(([field, named]) => `${field} = [${named.map(text).join(", ")}]  # guessed from the name: please check`),
    ...open.map((key) => `# … = [${text(key)}]`), "",
  ].join("\n");
}

/** A price file for models (docs/prices.md). It is refused until the prices are filled in, so none is free by mistake. */
export function priceStub(models) {
  const pattern = (name) => text(name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return [
    "# Dollars per million tokens: fill them in, set TRACER_PRICES to this file, restart the Tracer API (docs/prices.md).",
    ...models.flatMap(({ model, provider }) => [
      "", "[[prices]]", `model = ${pattern(model)}`, ...(provider ? [`provider = ${pattern(provider)}`] : []), "# input =", "# output =",
    ]), "",
  ].join("\n");
}
