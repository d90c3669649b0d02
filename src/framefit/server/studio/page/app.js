// The page: what comes in, what changes because of it, and the keys.

import * as api from "./api.js";
import { buildControls, drawControls, MODES, startControls } from "./controls.js";
import { $, el, latest, show } from "./dom.js";
import { arrow, drawFrame, startStage } from "./stage.js";
import { add, applyToAll, onChange, picture, reset, state, undo, wishFor } from "./state.js";
import { drawSheet, fetchSheet } from "./sheet.js";
import { drawStrip, fetchZip, lookAt, showPicture } from "./strip.js";
import { drawVerdict, startVerdict } from "./verdict.js";
import { drawPast, fetchPast, startPast } from "./past.js";
import { drawShown } from "./shown.js";
import { startToken } from "./token.js";
import { drawEngine, fetchQuote, follow, startVideos } from "./videos.js";
import { onLanguage, sentence, startSpeaking, t } from "./words.js";

const VIEW = 1024;
const SHEET_WAIT_MS = 500;
let sheetTimer = 0;
let otherTarget = false; // whether what the server would do has to be asked and drawn again

/** Say what went wrong; it stays until it is put away or something works again. */
function notice(...words) {
  const close = el("button", { type: "button", className: "remove", "aria-label": t("close"), onclick: (event) => event.target.parentNode.remove() }, "×");
  $("#notices").append(el("p", {}, el("span", {}, ...words), close));
}

const guarded = (work) => async (...given) => {
  try {
    return await work(...given);
  } catch (error) {
    notice(...sentence(error));
    return null;
  }
};

const take = guarded(async (files) => {
  const given = [...files];
  if (given.length === 0) return;
  $("#notices").replaceChildren();
  document.body.classList.add("busy");
  for (const [index, file] of given.entries()) {
    const count = given.length > 1 ? ` ${index + 1}/${given.length}` : "";
    $("#under-way").textContent = t("under-way", { name: `${file.name || t("a-picture")}${count}` });
    try {
      if (file.size > state.choices.limits.bytes) {
        throw new api.Refusal({ code: "request_too_large", message: "The file is too large." });
      }
      add(await api.upload(file));
    } catch (error) {
      notice(el("strong", {}, file.name || t("a-picture")), " ", ...sentence(error));
    }
  }
  document.body.classList.remove("busy");
  $("#under-way").textContent = "";
  $("#files").value = "";
  // Whoever has chosen a file goes on with the frame, by keyboard too.
  if (picture() && document.activeElement.matches("body, #files, #add")) $("#frame").focus({ preventScroll: true });
});

/** The focus as it was found, so that views need not look for it again. */
function settledFocus(one) {
  const focus = one.told?.plan?.focus;
  return Array.isArray(focus) ? focus.join(",") : "center";
}

const sheet = latest(guarded(fetchSheet));

const refresh = latest(
  guarded(async () => {
    const one = picture();
    if (!one) return;
    const target = otherTarget;
    otherTarget = false;
    const { wish } = one;
    one.told = await api.plan(one.id, wish);
    if (one !== picture()) return;
    drawVerdict(one);
    drawFrame();
    drawStrip();
    $("#download").href = api.fittedAddress(one.id, wish);
    $("#download").classList.toggle("off", !one.told.plan);
    const views = [];
    if (one.told.plan) views.push(draw("fitted", one, { ...wish, focus: settledFocus(one) }));
    $(".fitted").classList.toggle("none", !one.told.plan);
    if (target) views.push(draw("untouched", one, wish));
    await Promise.all(views);
    fetchQuote();
    clearTimeout(sheetTimer);
    // A picture that is new is shown everywhere at once; while somebody drags, the sheet waits for the end.
    sheetTimer = setTimeout(() => sheet(settledFocus(one)), target ? 0 : SHEET_WAIT_MS);
  }),
);

async function draw(which, one, wish) {
  const blob = await api.view(one.id, which, wish, VIEW);
  if (one === picture()) await show($(`#${which}`), blob);
}

function changed(what) {
  const one = picture();
  const any = one !== null;
  $("#welcome").hidden = any;
  $("#work").hidden = !any;
  $(".jumps").hidden = !any;
  document.body.classList.toggle("working", any);
  drawStrip();
  drawPast();
  if (!any) return;
  drawControls();
  if (what.includes("current")) guarded(showPicture)();
  if (what.includes("pictures")) state.pictures.forEach((each) => guarded(lookAt)(each));
  otherTarget ||= ["current", "model", "server", "size"].some((name) => what.includes(name));
  $("#fit").ariaBusy = "true";
  refresh().then(() => ($("#fit").ariaBusy = "false"));
}

function keys(event) {
  if (event.defaultPrevented || event.altKey) return;
  const at = event.target;
  const undoing = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
  const typing = at.matches("textarea, select, input:not([type=radio], [type=range], [type=file], [type=color])");
  if (typing || !picture() || document.querySelector("dialog[open]")) return;
  if (undoing) {
    event.preventDefault();
    undo();
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  if (event.key in { 1: 0, 2: 0, 3: 0, 4: 0 }) wishFor({ mode: MODES[Number(event.key) - 1] });
  else if (event.key === "Enter" && !at.matches("button, a, summary, input, label")) $("#download").click();
  else if (!at.matches("input, [role=tab], pre")) arrow(event);
}

function drops() {
  let inside = 0;
  addEventListener("dragenter", (event) => {
    event.preventDefault();
    inside += 1;
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", () => {
    inside -= 1;
    if (inside <= 0) document.body.classList.remove("dropping");
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    inside = 0;
    document.body.classList.remove("dropping");
    take(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) take(event.clipboardData.files);
  });
}

function theme() {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
  $("#theme").addEventListener("click", () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
    const next = dark ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
  });
}

function redraw() {
  if (!state.choices) return;
  buildControls();
  drawEngine();
  drawStrip();
  drawSheet();
  drawShown();
  drawPast();
  if (picture()?.told) {
    drawVerdict(picture());
    drawFrame();
    fetchQuote();
  }
}

async function start() {
  theme();
  await startSpeaking();
  startToken();
  state.choices = await api.choices();
  onLanguage(redraw);
  onChange(changed);
  startControls();
  startStage();
  startVerdict();
  startVideos();
  startPast(guarded(follow));
  drops();
  addEventListener("keydown", keys);
  // On a phone the button to download floats over the part of the page that it belongs to.
  new IntersectionObserver(([fit]) => document.body.classList.toggle("fitting", fit.isIntersecting)).observe($("#fit"));
  $("#files").addEventListener("change", (event) => take(event.target.files));
  $("#add").addEventListener("click", () => $("#files").click());
  $("#apply").addEventListener("click", applyToAll);
  $("#undo").addEventListener("click", undo);
  $("#reset").addEventListener("click", reset);
  $("#zip").addEventListener("click", guarded(async () => {
    const failed = await fetchZip();
    if (failed) notice(t("strip.failed", { count: failed }));
  }));
  redraw();
  await guarded(fetchPast)();
  document.body.dataset.ready = "true";
}

guarded(start)();
