// Keeps the live page up to date. Without it the page loads itself anew.
"use strict";
const part = document.getElementById("live");
const state = document.getElementById("state");
function say(text) {
  if (state.textContent !== text) state.textContent = text;
}
if (part && state && "EventSource" in window) {
  const news = new EventSource("/live");
  news.addEventListener("open", () => say("Live: renewed every few seconds."));
  news.addEventListener("error", () => say(news.readyState === EventSource.CLOSED
    ? "Not live: load the page again to see what is new."
    : "The connection is lost: trying again."));
  news.addEventListener("now", (e) => {
    const focus = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const open = Array.from(part.querySelectorAll("details"), (d) => d.open);
    part.innerHTML = e.data;
    part.querySelectorAll("details").forEach((d, i) => { d.open = open[i] || false; });
    if (focus) {
      const again = Array.from(part.querySelectorAll("a")).find((a) => a.getAttribute("href") === focus);
      if (again) again.focus({ preventScroll: true });
    }
    say("Live: renewed every few seconds.");
  });
  window.addEventListener("pagehide", () => news.close());
}
