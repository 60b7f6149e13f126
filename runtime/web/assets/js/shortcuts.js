// Keys: / search, c create, e edit, j and k rows, Ctrl+Enter save, ? help. Never while one types, except to save.

export function shortcuts() {
  const help = document.getElementById("shortcuts");
  for (const button of document.querySelectorAll("[data-show-shortcuts]")) {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") return save(event);
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const act = {
      "/": () => focusSearch(),
      "?": () => help?.showModal(),
      c: () => press("c"),
      e: () => press("e"),
      j: () => step(1),
      k: () => step(-1),
    }[event.key];
    if (act && act() !== false) event.preventDefault();
  });
}

function isTyping(target) {
  return target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio])");
}

function save(event) {
  const form = event.target.closest("form[data-form]") ?? document.querySelector("form[data-form]");
  const button = form?.querySelector("button[value=save]");
  if (!button) return;
  event.preventDefault();
  form.requestSubmit(button);
}

function focusSearch() {
  const search = document.querySelector("[data-search]") ?? document.querySelector("[data-search-all]");
  if (!search) return false;
  search.focus();
  search.select();
}

function press(key) {
  const link = document.querySelector(`[data-key="${key}"]`);
  if (!link) return false;
  link.click();
}

function step(by) {
  const links = [...document.querySelectorAll("[data-row] a.lead")];
  if (links.length === 0) return false;
  const at = links.findIndex((link) => link.closest("[data-row]").contains(document.activeElement));
  const next = at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by));
  links[next].focus();
}
