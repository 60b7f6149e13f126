// What follows from what one types (values, sums, what is shown and asked) is asked of the server while one types: it is
// sent the form as it stands, answers with the form as it would be, and what differs is taken over. What somebody is
// typing is never touched. Without script the same follows when the form is posted.
import { combobox } from "./combobox.js";
import { files } from "./files.js";
import { lines } from "./lines.js";

const DELAY = 250;
const CONTROLS = "input, select, textarea, output";

export function derive() {
  for (const form of document.querySelectorAll("form[data-derive]")) follow(form);
}

function follow(form) {
  let timer;
  let request;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, DELAY);
  };
  const stop = () => {
    clearTimeout(timer);
    request?.abort();
  };
  form.addEventListener("change", soon);
  form.addEventListener("lines-changed", soon);
  form.addEventListener("submit", stop);

  async function ask() {
    request?.abort();
    const own = (request = new AbortController());
    const sent = new Map([...form.querySelectorAll(CONTROLS)].map((control) => [control, valueOf(control)]));
    // What is not sent yet goes with the form when it is saved.
    const texts = [...new FormData(form)].filter(([, value]) => typeof value === "string");
    const body = new URLSearchParams(texts);
    body.append("_do", "derive");
    try {
      // A field may be called `action`, which would stand before the form's own.
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body, signal: own.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("form[data-derive]");
      if (fresh && !own.signal.aborted) new Taking(sent).form(form, fresh);
    } catch {
      // Overtaken by the next change, or offline: the server works it out when the form is posted.
    }
  }
}

function valueOf(control) {
  return control.matches("[type=checkbox], [type=radio]") ? control.checked : control.value;
}

/** One answer that is taken over into the form on the page. */
class Taking {
  constructor(sent) {
    this.sent = sent;
    this.left = new Set();
  }

  form(old, fresh) {
    // Tabs that come or go would take what is being typed with them.
    if (!old.querySelector(".tabbed") !== !fresh.querySelector(".tabbed")) return;
    this.children(old, fresh, (child) => (child.matches(".tabbed") ? "tabs" : sectionKey(child)), (a, b) => {
      if (a.matches(".tabbed")) this.children(a, b, tabKey, (c, d) => this.panel(c, d));
      else this.parts(a, b);
    });
    this.hidden(old, fresh);
  }

  panel(old, fresh) {
    if (old.matches(".panel")) this.children(old, fresh, sectionKey, (a, b) => this.parts(a, b));
  }

  /** The inputs of a section or of a group. */
  parts(old, fresh) {
    const [fields, others] = [old, fresh].map((whole) => whole.querySelector(".fields"));
    this.children(fields, others, (child) => child.dataset.field, (a, b) => this.field(a, b));
  }

  /** Makes the keyed children of one element those of another, in their order; what both have is mended. */
  children(old, fresh, key, mend) {
    const known = new Map([...old.children].map((child) => [key(child), child]));
    const wanted = new Set();
    let before = null;
    for (const child of [...fresh.children]) {
      const name = key(child);
      if (!name) continue;
      wanted.add(name);
      const own = known.get(name);
      if (own) {
        mend(own, child);
        before = own.isConnected ? own : [...old.children].find((other) => key(other) === name);
      } else {
        before = this.put(old, child, before, [...known.values()].find((other) => key(other)));
      }
    }
    for (const [name, child] of known) {
      if (name && !wanted.has(name) && !child.contains(document.activeElement)) child.remove();
    }
  }

  put(parent, child, before, first) {
    const own = document.importNode(child, true);
    if (before) before.after(own);
    else if (first) first.before(own);
    else parent.append(own);
    enhance(own);
    return own;
  }

  field(old, fresh) {
    old.className = fresh.className;
    const [label, other] = [old, fresh].map((field) => field.querySelector(":scope > :is(label, .label), :scope > .check > label"));
    if (label && other && label.innerHTML !== other.innerHTML) label.innerHTML = other.innerHTML;
    old.querySelector(":scope > .words")?.replaceWith(fresh.querySelector(":scope > .words"));
    if (fresh.matches(".parts") && old.matches(".parts")) this.parts(old, fresh);
    else if (fresh.querySelector("[data-lines]")) this.lines(old, fresh);
    else this.control(old, fresh);
  }

  lines(old, fresh) {
    old.querySelector("template").replaceWith(fresh.querySelector("template"));
    for (const row of fresh.querySelectorAll("tr[data-line]")) {
      // Rows that came or went since the form was sent are as their author left them.
      const own = old.querySelector(`tr[data-line="${CSS.escape(row.dataset.line)}"]`);
      if (own?.cells.length !== row.cells.length) continue;
      for (const [at, cell] of [...row.cells].entries()) this.cell(own.cells[at], cell);
    }
  }

  cell(old, fresh) {
    old.className = fresh.className;
    old.querySelector(":scope > .error")?.remove();
    const error = fresh.querySelector(":scope > .error");
    this.control(old, fresh);
    if (error && !old.querySelector(":scope > .error")) old.append(error);
  }

  /** The input of a field: its value, or another input where it is asked otherwise now. */
  control(old, fresh) {
    // Files are as their author left them.
    if (old.querySelector("[data-files]") && fresh.querySelector("[data-files]")) return;
    if (shape(old) === shape(fresh)) {
      const others = fresh.querySelectorAll(CONTROLS);
      for (const [at, control] of [...old.querySelectorAll(CONTROLS)].entries()) this.value(control, others[at]);
      return;
    }
    const controls = [...old.querySelectorAll(CONTROLS)];
    // A name that means nothing is told of, and can be typed again.
    const unknown = old.querySelector(".combobox") && fresh.matches(".field-bad");
    if (unknown || controls.some((control) => this.isBusy(control))) {
      for (const control of controls) this.leave(control);
    } else {
      old.replaceChildren(...document.importNode(fresh, true).childNodes);
      enhance(old);
    }
  }

  value(control, fresh) {
    for (const name of ["aria-invalid", "aria-describedby", "aria-required"]) {
      if (fresh.hasAttribute(name)) control.setAttribute(name, fresh.getAttribute(name));
      else control.removeAttribute(name);
    }
    if (this.isBusy(control)) this.leave(control);
    else if (control.matches("output")) control.replaceChildren(...fresh.childNodes);
    else if (control.matches("[type=checkbox], [type=radio]")) control.checked = fresh.checked;
    else if (control.value !== fresh.value) control.value = fresh.value;
  }

  /** Whether somebody is in this input, or changed it since the form was sent. */
  isBusy(control) {
    const whole = control.closest(".combobox, .joined") ?? control;
    return whole.contains(document.activeElement) || (this.sent.has(control) && this.sent.get(control) !== valueOf(control));
  }

  leave(control) {
    this.left.add(control.name?.replace(/(\.text|_currency)$/, ""));
  }

  /** How inputs were shown goes with what they show: for those that were left alone, it stays. */
  hidden(old, fresh) {
    const isKept = (name) => name.startsWith("_was.") && this.left.has(name.slice("_was.".length));
    const of = (form) => [...form.children].filter((child) => child.matches("input[type=hidden]"));
    for (const input of of(old)) if (!isKept(input.name)) input.remove();
    for (const input of of(fresh)) if (!isKept(input.name)) old.prepend(document.importNode(input, true));
  }
}

function sectionKey(child) {
  return child.matches(".form-section") ? child.id : undefined;
}

function tabKey(child) {
  return child.matches("label") ? `for ${child.htmlFor}` : child.id;
}

/** What kind of inputs there are, whatever they hold. */
function shape(place) {
  const of = (control) => {
    const choices = control.matches("select") ? [...control.options].map((option) => `${option.value}=${option.text}`) : [];
    const own = control.matches("[type=checkbox], [type=radio]") ? [control.value] : choices;
    return [control.tagName, control.type, control.name, ...own].join("|");
  };
  return [...place.querySelectorAll(CONTROLS)].map(of).join("\n");
}

function enhance(place) {
  combobox(place);
  files(place);
  lines(place);
}
