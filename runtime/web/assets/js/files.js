// Files are sent as soon as they are chosen or dropped, each with a bar that says how far it is, and refused ones are told
// of at once. A form waits for what is on its way. A signature is drawn and goes with the form. Without script files go
// with the form, too.
import { pad } from "./pad.js";

export function files(root) {
  for (const box of root.querySelectorAll("[data-files]")) {
    if (!box.hasAttribute("data-ready")) enhance(box);
  }
}

/** Holds a form back while files are on their way, and sends it when the last is there. */
export function waitForFiles() {
  document.addEventListener("submit", hold, true);
}

const words = () => document.getElementById("file-part");
const say = (box, key, values) => (box.querySelector("[data-told]").textContent = fill(key, values));
const fill = (key, values) => words().dataset[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

function enhance(box) {
  box.setAttribute("data-ready", "");
  const input = box.querySelector("input[type=file]");
  for (const item of box.querySelectorAll("[data-file]")) follow(box, item);
  input.addEventListener("change", () => {
    const chosen = [...input.files];
    input.value = "";
    take(box, chosen);
  });
  const brings = (event) => event.dataTransfer?.types.includes("Files");
  for (const name of ["dragenter", "dragover"]) {
    box.addEventListener(name, (event) => {
      if (!brings(event)) return;
      event.preventDefault();
      box.classList.add("is-over");
    });
  }
  box.addEventListener("dragleave", (event) => box.contains(event.relatedTarget) || box.classList.remove("is-over"));
  box.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    box.classList.remove("is-over");
    take(box, [...event.dataTransfer.files]);
  });
  if ("draw" in box.dataset) pad(box, (drawn) => drawn && only(box, null));
}

function take(box, chosen) {
  box.dispatchEvent(new CustomEvent("file-taken"));
  for (const item of box.querySelectorAll(".file-item.is-bad")) item.remove();
  for (const file of "many" in box.dataset ? chosen : chosen.slice(0, 1)) send(box, file);
}

function send(box, file) {
  const item = words().content.querySelector("[data-file]").cloneNode(true);
  const values = { name: file.name, most: box.dataset.most };
  const toss = item.querySelector("[data-file-toss]");
  item.querySelector(".file-called").textContent = file.name;
  item.querySelector(".note").textContent = size(file.size);
  item.querySelector("progress").setAttribute("aria-label", fill("sending", values));
  toss.setAttribute("aria-label", fill("cancel", values));
  box.querySelector(".file-list").append(item);
  if (file.size > Number(box.dataset.max)) return refuse(item, fill("over", values));

  const request = new XMLHttpRequest();
  const cancel = () => {
    request.abort();
    item.remove();
    box.querySelector("input[type=file]").focus();
    settle(box);
  };
  toss.addEventListener("click", cancel);
  item.setAttribute("data-sending", "");
  say(box, "sending", values);
  request.open("POST", `${box.dataset.files}&name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("x-csrf-token", box.closest("form").querySelector("[name=_csrf]").value);
  request.setRequestHeader("accept", "application/json");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) item.querySelector("progress").value = (100 * event.loaded) / event.total;
  });
  request.addEventListener("load", () => {
    toss.removeEventListener("click", cancel);
    const answer = read(request.responseText);
    if (request.status === 201) done(box, item, answer);
    else refuse(item, answer?.errors?.[0]?.message ?? answer?.detail ?? fill("failed", values));
    settle(box);
  });
  request.addEventListener("error", () => {
    toss.removeEventListener("click", cancel);
    refuse(item, fill("failed", values));
    settle(box);
  });
  request.send(file);
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A file that is there: what it is called is what the server says. */
function done(box, item, { id, name, size: bytes, type, url }) {
  item.removeAttribute("data-sending");
  item.querySelector("progress").remove();
  const link = item.querySelector(".file-called");
  link.textContent = name;
  link.href = url;
  item.querySelector(".note").textContent = size(bytes);
  if (/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(type)) item.querySelector(".file-face").replaceChildren(picture(box, url));
  const tick = Object.assign(document.createElement("input"), { type: "checkbox", name: box.dataset.name, value: id, checked: true, hidden: true });
  item.append(tick);
  follow(box, item);
  if (!("many" in box.dataset)) only(box, item);
  say(box, "sent", { name });
  changed(box);
}

function picture(box, url) {
  const className = "draw" in box.dataset ? "thumb thumb-drawn" : "thumb";
  return Object.assign(new Image(), { className, src: url, alt: "" });
}

function refuse(item, message) {
  item.removeAttribute("data-sending");
  item.classList.add("is-bad");
  item.querySelector("progress")?.remove();
  const error = document.createElement("p");
  error.className = "error";
  error.setAttribute("role", "alert");
  item.querySelector(".file-words").replaceChildren(error);
  error.textContent = message;
  item.querySelector("[data-file-toss]").addEventListener("click", () => item.remove());
}

/** A file can be done without, and be taken back as long as the form is open. */
function follow(box, item) {
  const toss = item.querySelector("[data-file-toss]");
  if (!toss) return;
  toss.hidden = false;
  const name = item.querySelector(".file-called").textContent;
  toss.setAttribute("aria-label", fill("remove", { name }));
  toss.setAttribute("aria-pressed", String(!tickOf(item).checked));
  toss.addEventListener("click", () => {
    const chosen = !tickOf(item).checked;
    set(item, chosen);
    if (chosen && !("many" in box.dataset)) only(box, item);
    say(box, chosen ? "sent" : "removed", { name });
    changed(box);
  });
}

const tickOf = (item) => item.querySelector("input[type=checkbox]");

function set(item, chosen) {
  tickOf(item).checked = chosen;
  item.classList.toggle("is-off", !chosen);
  item.querySelector("[data-file-toss]").setAttribute("aria-pressed", String(!chosen));
}

/** Of a field of one file the others are done without. */
function only(box, item) {
  for (const other of box.querySelectorAll("[data-file]")) {
    if (other !== item && tickOf(other)) set(other, false);
  }
}

function changed(box) {
  const input = box.querySelector("input[type=file]");
  for (const name of ["input", "change"]) input.form.dispatchEvent(new Event(name));
}

/** As the server writes it. */
function size(bytes) {
  const language = document.documentElement.lang;
  const units = language.startsWith("ru") ? ["Б", "кБ", "МБ", "ГБ"] : ["B", "kB", "MB", "GB"];
  const step = bytes >= 1e9 ? 3 : bytes >= 1e6 ? 2 : bytes >= 1e3 ? 1 : 0;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(bytes / 1000 ** step);
  return `${number}\u00a0${units[step]}`;
}

/** Which forms wait, with the button that was pressed. */
const waiting = new WeakMap();

function hold(event) {
  const form = event.target;
  if (!form.querySelector("[data-sending]")) return;
  event.preventDefault();
  event.stopPropagation();
  waiting.set(form, event.submitter);
  for (const box of form.querySelectorAll("[data-files]:has([data-sending])")) say(box, "waiting", {});
}

function settle(box) {
  const form = box.closest("form");
  if (!form || !waiting.has(form) || form.querySelector("[data-sending]")) return;
  const button = waiting.get(form);
  waiting.delete(form);
  // What was refused is looked at first.
  if (form.querySelector(".file-item.is-bad")) form.querySelector(".file-item.is-bad .error").scrollIntoView({ block: "center" });
  else form.requestSubmit(button);
}
