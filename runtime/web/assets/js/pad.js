// A sheet that one writes on by hand: what was written becomes a picture in the input for files, and goes with the form.

const INK = "#14181a";
const PAPER = "#ffffff";
const PEN = 2.25;

/** `onDrawn` is told whether there is something on the sheet. */
export function pad(box, onDrawn) {
  const sheet = box.querySelector("[data-pad]");
  const canvas = sheet.querySelector("canvas");
  const clear = sheet.querySelector("[data-clear]");
  const input = box.querySelector("input[type=file]");
  const pen = canvas.getContext("2d");
  let from = null;
  sheet.hidden = false;

  function blank() {
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * scale);
    canvas.height = Math.round(canvas.clientHeight * scale);
    pen.scale(scale, scale);
    pen.fillStyle = PAPER;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(pen, { strokeStyle: INK, fillStyle: INK, lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  }

  const at = (event) => [event.offsetX, event.offsetY];

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    // A sheet that was not seen before had no size.
    if (!sheet.classList.contains("is-drawn")) blank();
    canvas.setPointerCapture(event.pointerId);
    from = at(event);
    pen.beginPath();
    pen.arc(...from, PEN / 2, 0, 2 * Math.PI);
    pen.fill();
    sheet.classList.add("is-drawn");
    clear.hidden = false;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = at(event);
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
    from = to;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => {
      if (!from) return;
      from = null;
      put(input, picture(canvas));
      onDrawn(true);
      changed(input);
    });
  }
  clear.addEventListener("click", () => {
    wipe();
    onDrawn(false);
    changed(input);
    input.focus();
  });
  // Another picture that is chosen or dropped takes the place of what was drawn.
  box.addEventListener("file-taken", wipe);

  function wipe() {
    blank();
    sheet.classList.remove("is-drawn");
    clear.hidden = true;
    input.value = "";
  }
}

function changed(input) {
  input.form.dispatchEvent(new Event("input"));
}

function picture(canvas) {
  const bytes = atob(canvas.toDataURL("image/png").split(",")[1]);
  return new File([Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))], "signature.png", { type: "image/png" });
}

function put(input, file) {
  const holder = new DataTransfer();
  holder.items.add(file);
  input.files = holder.files;
}
