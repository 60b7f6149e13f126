// Enhances pages that already work without it. Each part looks for its own data attributes and leaves the rest alone.
import { combobox } from "./combobox.js";
import { derive } from "./derive.js";
import { files, waitForFiles } from "./files.js";
import { forms } from "./forms.js";
import { lines } from "./lines.js";
import { menus } from "./menus.js";
import { shortcuts } from "./shortcuts.js";
import { watch } from "./watch.js";

combobox(document);
files(document);
lines(document);
waitForFiles();
forms();
derive();
menus();
shortcuts();
watch();
