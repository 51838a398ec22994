// Texts for the clipboard.

/** Whether `text`, or the promise of one, is on the clipboard now. Throws what the promise throws. */
export async function copyText(text) {
  try {
    if (typeof text === "string") await navigator.clipboard.writeText(text);
    // The promise is handed on as it is: WebKit lets a click write, and no longer what comes after an answer.
    else await navigator.clipboard.write([new ClipboardItem({ "text/plain": text.then((known) => new Blob([known], { type: "text/plain" })) })]);
    return true;
  } catch {
    return copyBySelection(await text);
  }
}

/** What to tell of it: "Link copied", or that the browser refused. */
export const outcome = (done, what) => (done ? `${what} copied` : `${what} not copied: the browser refused`);

export const copied = async (text, what) => outcome(await copyText(text), what);

/** Where the page is not a secure context, such as over HTTP from another machine, there is no other way. */
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "away";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
