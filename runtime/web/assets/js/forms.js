// Filters apply when they change and keep empty values out of the address; a changed form asks before it is left; a
// refused form shows its problems first; nothing is posted twice.

export function forms() {
  for (const form of document.querySelectorAll("[data-filters]")) filter(form);
  for (const form of document.querySelectorAll("form[data-form]")) guard(form);
  document.querySelector("[data-summary]")?.focus();
  const place = location.hash && document.getElementById(location.hash.slice(1));
  if (place) openTabOf(place);
  document.addEventListener("click", goToField);
}

/** True while a form of this page holds something that would be lost by leaving it. */
export function hasUnsaved() {
  return document.querySelector("form[data-changed]:not([data-sent])") !== null;
}

function filter(form) {
  for (const input of form.querySelectorAll("[data-autosubmit]")) {
    input.addEventListener("change", () => form.requestSubmit());
  }
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) {
      if (value === "") event.formData.delete(name);
    }
  });
}

function guard(form) {
  const mark = () => form.setAttribute("data-changed", "");
  form.addEventListener("input", mark);
  form.addEventListener("lines-changed", mark);
  form.addEventListener("submit", (event) => {
    if (form.hasAttribute("data-sent")) event.preventDefault();
    form.setAttribute("data-sent", "");
  });
  for (const link of document.querySelectorAll("[data-discard]")) {
    link.addEventListener("click", () => form.removeAttribute("data-changed"));
  }
  window.addEventListener("beforeunload", (event) => {
    if (hasUnsaved()) event.preventDefault();
  });
  // Coming back by the browser's own button finds the form ready to be sent again.
  window.addEventListener("pageshow", () => form.removeAttribute("data-sent"));
}

function goToField(event) {
  const link = event.target.closest("[data-summary] a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  openTabOf(field);
  field.scrollIntoView({ block: "center" });
  const inputs = field.querySelectorAll("input:not([type=hidden]), select, textarea, button");
  const input = field.matches("[role=group]") ? [...inputs].find((input) => input.getClientRects().length > 0) : field;
  (input ?? field).focus({ preventScroll: true });
}

/** Opens the tab that an element lies in. */
function openTabOf(element) {
  const label = element.closest(".panel")?.previousElementSibling;
  if (label?.control) label.control.checked = true;
}
