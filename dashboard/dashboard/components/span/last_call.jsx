// What the last model call below a span was given and answered, for a span that was sent without input and output.
import { useMemo } from "react";
import { Messages } from "../content/messages.jsx";
import { Linking, linksByPlace } from "../content/tool_links.jsx";
import { Failed, Waiting } from "../shared/parts.jsx";
import { nameOf, spanId } from "../trace/tree.js";
import { useSpan } from "./use_span.js";

export function LastCall({ traceId, tree, call, go }) {
  const id = spanId(tree, call);
  const { span, error, slow, retry } = useSpan(traceId, id, tree);
  const linking = useMemo(() => ({ links: span ? linksByPlace(span) : new Map(), spanId: id, go }), [span, id, go]);
  if (!span) return error ? <Failed error={error} retry={retry} /> : slow ? <Waiting lines={9} label="Loading the call" /> : null;
  return (
    <Linking.Provider value={linking}>
      <p className="borrowed">
        This span was sent without its content. Its last model call:{" "}
        <button type="button" className="way" onClick={() => go({ span_id: id })}>{nameOf(tree, call)} ↗</button>
      </p>
      <Messages span={span} aim={null} growth={[]} />
    </Linking.Provider>
  );
}
