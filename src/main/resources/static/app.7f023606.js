// What the backend saw of this page's request. Its name holds its hash, so it may be cached for ever.

/** Asks a member who it is and what arrived there. */
export async function whoami() {
  const answer = await fetch("/whoami", { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    throw new Error(`/whoami answered ${answer.status}`);
  }
  return answer.json();
}

/** Shows the answer in an element, and which member gave it. */
export async function show(element) {
  try {
    const seen = await whoami();
    element.textContent = JSON.stringify(seen, null, 2);
    element.dataset.route = seen.route ?? "";
  } catch (error) {
    element.textContent = error.message;
  }
}

/** Calls back with the number of each event, one a second; returns what ends it. */
export function ticks(callback) {
  const events = new EventSource("/events");
  events.addEventListener("message", (event) => callback(Number(event.lastEventId)));
  return () => events.close();
}
