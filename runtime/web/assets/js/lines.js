// Rows of a form are added and removed in place instead of by a round trip.
import { combobox } from "./combobox.js";
import { files } from "./files.js";

export function lines(root) {
  for (const table of root.querySelectorAll("[data-lines]")) {
    table.addEventListener("click", (event) => {
      const add = event.target.closest("[data-add-line]");
      const remove = event.target.closest("[data-remove-line]");
      if (!add && !remove) return;
      event.preventDefault();
      if (add) addLine(table);
      else removeLine(remove);
      table.dispatchEvent(new CustomEvent("lines-changed", { bubbles: true }));
    });
  }
}

function addLine(table) {
  const index = nextIndex(table);
  const holder = document.createElement("tbody");
  // The blank row carries ~~ wherever its index belongs; it is our own markup, so this writes nothing foreign.
  holder.innerHTML = table.querySelector("template").innerHTML.replaceAll("~~", String(index));
  const row = holder.querySelector("[data-line]");
  table.querySelector("tbody").append(row);
  combobox(row);
  files(row);
  row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

function removeLine(button) {
  const row = button.closest("[data-line]");
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const next = neighbour?.querySelector("[data-remove-line]") ?? row.closest("[data-lines]").querySelector("[data-add-line]");
  row.remove();
  next.focus();
}

function nextIndex(table) {
  const used = [...table.querySelectorAll("[data-remove-line]")].map((button) => Number(button.value.split(":").at(-1)));
  return Math.max(-1, ...used.filter(Number.isInteger)) + 1;
}
