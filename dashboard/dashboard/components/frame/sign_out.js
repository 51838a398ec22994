// The one thing that a page asks to be done. It changes nothing but the session.

/** Ends the session and leads to the sign-in page. */
export async function signOut() {
  await fetch("/sign-out", { method: "POST" });
  location.assign("/sign-in");
}
