// The link to what is seen, copied by a key, and said.
import { Notice } from "./list_parts.jsx";
import { copyText } from "./parts.jsx";
import { useNotice } from "./use_list_page.js";

/** [copy(), what is drawn to say that it was done]. */
export function useCopiedLink() {
  const [notice, tell] = useNotice();
  const copy = () => { copyText(window.location.href).then(() => tell("Link copied")); };
  return [copy, <Notice key="notice" text={notice} />];
}
