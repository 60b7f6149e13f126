// A text that finds a record while one types, after the combobox pattern of the ARIA Authoring Practices. Keeps the
// hidden id beside the text in step; without it the server looks the text up.

const DELAY = 120;
let made = 0;

export function combobox(root) {
  for (const box of root.querySelectorAll("[data-combobox]")) enhance(box);
}

function enhance(box) {
  const input = box.querySelector("input[type=text]");
  const id = box.querySelector("input[type=hidden]");
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = `suggestions-${(made += 1)}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  box.append(list);
  input.removeAttribute("list");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  list.setAttribute("aria-label", input.labels?.[0]?.textContent ?? input.getAttribute("aria-label") ?? "");

  let active = -1;
  let timer;
  let request;

  const options = () => [...list.querySelectorAll("[role=option]")];

  function close() {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function highlight(index) {
    const all = options();
    if (all.length === 0) return;
    active = (index + all.length) % all.length;
    for (const [at, option] of all.entries()) option.setAttribute("aria-selected", String(at === active));
    all[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[active].id);
  }

  function choose(option) {
    input.value = option.dataset.text;
    if (id) id.value = option.dataset.value;
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
    if ("comboboxMany" in box.dataset) keep(box, option.dataset);
  }

  function show(found) {
    list.replaceChildren(...(found.length > 0 ? found.map((choice, at) => asOption(choice, `${list.id}-${at}`)) : [nothing()]));
    list.hidden = false;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", "true");
  }

  async function look() {
    request?.abort();
    request = new AbortController();
    const address = new URL(box.dataset.combobox, location.href);
    address.searchParams.set("q", input.value);
    addBeside(address, input);
    try {
      const answer = await fetch(address, { signal: request.signal, headers: { accept: "application/json" } });
      if (answer.ok) show(await answer.json());
      else close();
    } catch {
      // Aborted by the next letter, or offline: the server finds the text when the form is posted.
    }
  }

  input.addEventListener("input", () => {
    if (id) id.value = "";
    clearTimeout(timer);
    timer = setTimeout(look, DELAY);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) look();
      else highlight(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      choose(options()[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      close();
    } else if (event.key === "Tab" && active >= 0) {
      choose(options()[active]);
    }
  });
  input.addEventListener("click", () => list.hidden && look());
  input.addEventListener("blur", close);
  // The list must not take the focus away, or it would close before the click arrives.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
}

/** What may be chosen can follow from other inputs of the same record, which the address names: `with=account,stage`. */
function addBeside(address, input) {
  const names = address.searchParams.get("with")?.split(",") ?? [];
  const posted = input.form ? new FormData(input.form) : new FormData();
  const row = input.name.replace(/[^.]+\.text$/, "");
  for (const name of names) address.searchParams.set(`record.${name}`, posted.getAll(row + name).at(-1) ?? "");
}

function asOption(choice, id) {
  const option = document.createElement("li");
  option.id = id;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  option.dataset.value = choice.value;
  option.dataset.text = choice.text;
  option.append(choice.text);
  if (choice.note) {
    const note = document.createElement("small");
    note.textContent = choice.note;
    option.append(note);
  }
  return option;
}

function nothing() {
  const message = document.createElement("li");
  message.className = "is-message";
  message.textContent = document.getElementById("toasts").dataset.textNothingFound;
  return message;
}

/** Adds a chosen record to those already chosen, as one more checked box. */
function keep(box, { value, text }) {
  const input = box.querySelector("input[type=text]");
  const group = box.closest("[role=group]");
  const name = input.name.replace(/\.text$/, "");
  input.value = "";
  const known = [...group.querySelectorAll("input[type=checkbox]")].find((other) => other.value === value);
  if (known) {
    known.checked = true;
    return;
  }
  const check = document.createElement("span");
  check.className = "check";
  const tick = document.createElement("input");
  const id = `${group.id}-chosen-${value}`;
  Object.assign(tick, { type: "checkbox", name, value, id, checked: true });
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = text;
  check.append(tick, label);
  group.querySelector(".checks").append(check);
}
