// Menus made of <details> close when one clicks elsewhere or presses Escape; the navigation folds without a reload;
// rows open when one clicks anywhere in them.

export function menus() {
  const openMenus = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  for (const form of document.querySelectorAll("[data-nav-toggle]")) form.addEventListener("submit", foldNavigation);
  for (const path of document.querySelectorAll("[data-path]")) {
    const current = path.querySelector("[aria-current]");
    if (current) path.scrollLeft = current.offsetLeft - path.offsetLeft - (path.clientWidth - current.offsetWidth) / 2;
  }
  document.addEventListener("click", openRow);
}

function foldNavigation(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button");
  const body = new URLSearchParams(new FormData(form));
  body.set(button.name, button.value);
  const narrow = button.value === "narrow";
  document.querySelector("[data-app]").classList.toggle("app-narrow", narrow);
  button.value = narrow ? "wide" : "narrow";
  button.setAttribute("aria-expanded", String(!narrow));
  // The choice is remembered by the server; losing it is not worth a message.
  fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
}

function openRow(event) {
  const row = event.target.closest("[data-row]");
  if (!row || event.defaultPrevented || event.button !== 0) return;
  if (event.target.closest("a, button, input, select, label") || String(getSelection())) return;
  const link = row.querySelector("a.lead");
  if (!link) return;
  if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
  else link.click();
}
