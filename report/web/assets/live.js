// Keeps the live page up to date. Without it the page loads itself anew.
"use strict";
const part = document.getElementById("live");
const state = document.getElementById("state");
function say(text) {
  if (state.textContent !== text) state.textContent = text;
}
if (part && state && "EventSource" in window) {
  const news = new EventSource("/live");
  news.addEventListener("open", () => say(state.dataset.live));
  news.addEventListener("error", () => say(news.readyState === EventSource.CLOSED
    ? state.dataset.closed
    : state.dataset.lost));
  news.addEventListener("now", (e) => {
    const focus = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const open = Array.from(part.querySelectorAll("details"), (d) => d.open);
    part.innerHTML = e.data;
    part.querySelectorAll("details").forEach((d, i) => { d.open = open[i] || false; });
    if (focus) {
      const again = Array.from(part.querySelectorAll("a")).find((a) => a.getAttribute("href") === focus);
      if (again) again.focus({ preventScroll: true });
    }
    say(state.dataset.live);
  });
  window.addEventListener("pagehide", () => news.close());
}
