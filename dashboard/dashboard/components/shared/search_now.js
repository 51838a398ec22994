// The address as it is now. What is drawn follows it some time later, on a busy machine noticeably: who built the next question on
// what is drawn would take back what was chosen just before.

/** The search part of the address. */
export const searchNow = () => window.location.search;
