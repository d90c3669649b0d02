// What can be chosen: model and size, mode, focus and backdrop.

import { $, el } from "./dom.js";
import { picture, rule, state, wishFor } from "./state.js";
import { t } from "./words.js";

export const MODES = ["cover", "pad", "stretch", "auto"];
const BACKDROPS = ["black", "white", "auto", "blur", "mirror", "edge"];
const SIZE = /^\s*\d{1,5}\s*[x×*]\s*\d{1,5}\s*$/i;
const OTHER = "other";

function radio(group, value, text, options = {}) {
  const id = `${group}-${value}`;
  const input = el("input", { type: "radio", name: group, id, value });
  input.addEventListener("change", () => options.choose(value));
  return [input, el("label", { htmlFor: id, className: options.className ?? "" }, ...text)];
}

function drawModes() {
  const buttons = MODES.flatMap((mode, index) =>
    radio("mode", mode, [t(`mode.${mode}`), el("kbd", { "aria-hidden": "true" }, String(index + 1))], {
      choose: () => wishFor({ mode }),
    }),
  );
  $("#modes").replaceChildren(...buttons);
}

function drawFocuses() {
  const found = state.choices.focuses;
  const offered = ["center", ...found, ...(found.length > 1 ? ["auto"] : [])];
  const buttons = offered.flatMap((focus) =>
    radio("focus", focus, [t(`focus.${focus}`)], { choose: () => wishFor({ focus, crop: null }) }),
  );
  $("#focuses").replaceChildren(...buttons);
}

function drawBackdrops() {
  const named = BACKDROPS.flatMap((backdrop) =>
    radio("backdrop", backdrop, [t(`backdrop.${backdrop}`)], {
      className: `swatch ${backdrop}`,
      choose: () => wishFor({ backdrop }),
    }),
  );
  const colour = el("input", { type: "color", id: "colour", value: "#2f7a6b", "aria-label": t("backdrop.colour") });
  colour.addEventListener("input", () => wishFor({ backdrop: colour.value }));
  $("#backdrops").replaceChildren(...named, colour);
}

function drawModels() {
  const groups = new Map();
  for (const one of state.choices.models) {
    if (!groups.has(one.server)) groups.set(one.server, []);
    groups.get(one.server).push(one);
  }
  const menus = [...groups].map(([server, models]) =>
    el(
      "optgroup",
      { label: server },
      ...models.map((one) => el("option", { value: `${one.model} ${one.server}` }, `${one.model} · ${one.server}`)),
    ),
  );
  $("#model").replaceChildren(...menus);
}

function drawSizes(wish) {
  const offered = rule(wish)?.sizes ?? [];
  const free = !rule(wish)?.complete;
  const own = wish.size !== "auto" && !offered.includes(wish.size);
  const sizes = [["auto", t("target.auto")], ...offered.map((size) => [size, size.replace("x", " × ")])];
  if (free || own) sizes.push([OTHER, t("target.other")]);
  $("#size").replaceChildren(...sizes.map(([value, text]) => el("option", { value }, text)));
  $("#size").value = own ? OTHER : wish.size;
  $("#other-size").hidden = !own;
  if (own) $("#other-size").value = wish.size;
}

/** Show what is wished for. */
export function drawControls() {
  const { wish } = picture();
  $("#model").value = `${wish.model} ${wish.server}`;
  drawSizes(wish);
  for (const group of ["mode", "focus", "backdrop"]) {
    for (const input of document.getElementsByName(group)) {
      input.checked = input.value === wish[group] && !(group === "focus" && wish.crop);
    }
  }
  if (wish.backdrop.startsWith("#")) $("#colour").value = wish.backdrop;
  $("#colour").classList.toggle("chosen", wish.backdrop.startsWith("#"));
  // What has no effect is not offered: nothing is cut by pad and stretch, nothing is filled by cover.
  $("#focus-field").hidden = wish.mode === "pad" || wish.mode === "stretch";
  $("#backdrop-field").hidden = (wish.mode === "cover" || wish.mode === "stretch") && !picture().info.alpha;
  $("#undo").disabled = picture().past.length === 0;
}

/** Draw every control anew, in the language of the moment. */
export function buildControls() {
  drawModels();
  drawModes();
  drawFocuses();
  drawBackdrops();
  if (picture()) drawControls();
}

export function startControls() {
  $("#model").addEventListener("change", () => {
    const [model, server] = $("#model").value.split(" ");
    wishFor({ model, server, size: "auto" });
  });
  $("#size").addEventListener("change", () => {
    const other = $("#size").value === OTHER;
    $("#other-size").hidden = !other;
    if (other) $("#other-size").focus();
    else wishFor({ size: $("#size").value });
  });
  $("#other-size").addEventListener("change", () => {
    const size = $("#other-size").value;
    if (SIZE.test(size)) wishFor({ size: size.trim().replace(/\s*[x×*]\s*/i, "x") });
    else if (size) wishFor({ size });
  });
}
