// Why a model stopped. Pure.

// As calls should end; the spelling (`tool-calls`, `STOP`) is the sender's.
const FINE = new Set(["stop", "stop_sequence", "end_turn", "complete", "completed", "tool_calls", "tool_use", "tool_call", "function_call"]);

/** Whether a call that gives this reason ended as it should. */
export const isFine = (reason) => FINE.has(String(reason).toLowerCase().replaceAll("-", "_"));
