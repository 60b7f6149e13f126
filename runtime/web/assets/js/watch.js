// While definitions are watched, an open page notices that they changed: it reloads itself, or offers to when something
// would be lost.
import { hasUnsaved } from "./forms.js";

const EVERY = 2000;
const RELOADED = "fichero-reloaded";

export function watch() {
  const place = document.getElementById("toasts");
  if (sessionStorage.getItem(RELOADED)) {
    sessionStorage.removeItem(RELOADED);
    say(place, place.dataset.textReloaded);
  }
  if (!place.dataset.watch) return;
  place.addEventListener("click", (event) => {
    if (event.target.closest("[data-reload]")) reload();
  });
  const ask = () => document.visibilityState === "visible" && look(place);
  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
}

async function look(place) {
  let state;
  try {
    const answer = await fetch(place.dataset.watch, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    state = await answer.json();
  } catch {
    // The server restarts: ask again next time.
    return;
  }
  const changed = state.revision !== place.dataset.revision;
  const problems = String(state.problems) !== place.dataset.problems;
  if (changed && !isBusy()) reload();
  else if (changed) show(place, "toast-changed");
  else if (problems && location.pathname === "/admin/problems") location.reload();
  else if (problems && state.problems > 0) show(place, "toast-problems");
  else clear(place);
}

function isBusy() {
  const typing = document.activeElement?.matches("input, textarea, select");
  return typing || hasUnsaved() || document.querySelector("dialog[open], details[data-menu][open]") !== null;
}

function show(place, template) {
  if (place.dataset.shown === template) return;
  place.dataset.shown = template;
  place.replaceChildren(document.getElementById(template).content.cloneNode(true));
}

function clear(place) {
  if (!place.dataset.shown) return;
  delete place.dataset.shown;
  place.replaceChildren();
}

function say(place, text) {
  const toast = document.getElementById("toast-plain").content.cloneNode(true);
  toast.querySelector("p").textContent = text;
  place.replaceChildren(toast);
  setTimeout(() => place.dataset.shown || place.replaceChildren(), 3000);
}

function reload() {
  sessionStorage.setItem(RELOADED, "1");
  location.reload();
}
