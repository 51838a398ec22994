// The link to what is seen, copied by a key, and said.
import { copied } from "../shared/copying.js";
import { Notice } from "../list/list_parts.jsx";
import { useNotice } from "../shared/use_list_page.js";

/** [copy(), what is drawn to say that it was done]. */
export function useCopiedLink() {
  const [notice, tell] = useNotice();
  const copy = () => { copied(window.location.href, "Link").then(tell); };
  return [copy, <Notice key="notice" text={notice} />];
}
