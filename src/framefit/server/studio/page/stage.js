// The picture with the frame on it: drag to move the focus, corners to cut closer, arrows to nudge.

import { $ } from "./dom.js";
import { picture, wishFor } from "./state.js";
import { percent, t } from "./words.js";

const LEAST = 0.05;
const STEP = 0.02;
const LEAP = 0.1;

let box = null; // left, top, right, bottom in fractions of the upright picture
let ratio = 1; // width / height of the canvas, in fractions of this picture
let drag = null;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const written = (numbers) => numbers.map((number) => +number.toFixed(5)).join(",");
const pair = (size) => size.split("x").map(Number);
const settled = () => picture()?.told?.plan ?? null;

/** Draw the frame where the plan has it. */
export function drawFrame() {
  const plan = settled();
  const frame = $("#frame");
  frame.hidden = plan === null;
  if (plan === null || drag) return;
  const [width, height] = pair(plan.picture.size);
  const [across, down] = pair(plan.canvas);
  const [left, top, right, bottom] = plan.source_box;
  ratio = across / down / (width / height);
  place([left / width, top / height, right / width, bottom / height]);
  frame.classList.toggle("whole", plan.mode !== "cover" && picture().wish.crop === null);
  $("#zoom").value = String(clamp(base()[0] / (box[2] - box[0]), 1, 4));
}

function place(edges) {
  box = edges;
  const { style } = $("#frame");
  style.left = `${box[0] * 100}%`;
  style.top = `${box[1] * 100}%`;
  style.width = `${(box[2] - box[0]) * 100}%`;
  style.height = `${(box[3] - box[1]) * 100}%`;
  const [x, y] = middle();
  const frame = $("#frame");
  frame.setAttribute("aria-label", t("stage.frame"));
  frame.setAttribute("aria-valuenow", String(Math.round(x * 100)));
  frame.setAttribute("aria-valuetext", t("stage.where", { x: percent(x), y: percent(y) }));
}

const middle = () => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];

/** Width and height of the largest frame of the canvas's shape. */
const base = () => [Math.min(1, ratio), Math.min(1, 1 / ratio)];

function around([x, y], [width, height]) {
  const left = clamp(x - width / 2, 0, 1 - width);
  const top = clamp(y - height / 2, 0, 1 - height);
  return [left, top, left + width, top + height];
}

/** Wish for what the frame shows: a crop when it is smaller than it could be, else a focus. */
function wishForBox() {
  const [width] = base();
  const whole = picture().wish.mode === "cover" && picture().wish.crop === null;
  if (whole || (picture().wish.mode === "cover" && box[2] - box[0] > width * 0.995)) {
    wishFor({ focus: written(middle()), crop: null });
  } else {
    wishFor({ crop: written(box), focus: "center" });
  }
}

/** Move the frame by fractions of the picture. */
export function nudge(x, y) {
  if (!settled() || (settled().mode !== "cover" && picture().wish.crop === null)) return;
  const size = [box[2] - box[0], box[3] - box[1]];
  const [across, down] = middle();
  place(around([across + x, down + y], size));
  wishForBox();
}

/** Cut closer by a number of times, around the middle of the frame. */
export function zoom(times) {
  if (!settled()) return;
  const [width, height] = base();
  place(around(middle(), [width / times, height / times]));
  if (times <= 1) wishFor({ crop: null, focus: picture().wish.mode === "cover" ? written(middle()) : "center" });
  else wishFor({ crop: written(box), focus: "center" });
}

export function arrow(event) {
  const step = event.shiftKey ? LEAP : STEP;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (!(event.key in moves)) return false;
  event.preventDefault();
  nudge(...moves[event.key]);
  return true;
}

function point(event) {
  const bounds = $("#board").getBoundingClientRect();
  return [(event.clientX - bounds.left) / bounds.width, (event.clientY - bounds.top) / bounds.height];
}

function begin(event) {
  if (!settled() || event.button > 0) return;
  event.preventDefault();
  const board = $("#board");
  board.setPointerCapture(event.pointerId);
  $("#frame").focus({ preventScroll: true });
  const corner = event.target.dataset?.corner ?? null;
  const movable = settled().mode === "cover" || picture().wish.crop !== null;
  if (!corner && !movable) return;
  const [x, y] = point(event);
  const inside = x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3];
  const [across, down] = middle();
  drag = { corner, from: inside ? [x - across, y - down] : [0, 0] };
  if (corner) {
    // The corner is held where it was taken, so that it does not jump to the pointer.
    const [left, top, right, bottom] = box;
    const [west, north] = [corner.includes("w"), corner.includes("n")];
    drag.fixed = [west ? right : left, north ? bottom : top];
    drag.from = [x - (west ? left : right), y - (north ? top : bottom)];
  }
  if (!corner && !inside) move(event);
}

function move(event) {
  if (!drag) return;
  const [x, y] = point(event);
  if (drag.corner) place(scaled(x - drag.from[0], y - drag.from[1]));
  else place(around([x - drag.from[0], y - drag.from[1]], [box[2] - box[0], box[3] - box[1]]));
  if (drag.corner) wishFor({ crop: written(box), focus: "center" });
  else wishForBox();
}

/** The frame with one corner fixed and the other as near to the pointer as the canvas's shape lets it. */
function scaled(x, y) {
  const [fixedX, fixedY] = drag.fixed;
  const [right, lower] = [drag.corner.includes("e"), drag.corner.includes("s")];
  const room = [right ? 1 - fixedX : fixedX, lower ? 1 - fixedY : fixedY];
  const most = Math.min(room[0], room[1] * ratio);
  const wanted = Math.max(Math.abs(x - fixedX), Math.abs(y - fixedY) * ratio);
  const width = clamp(wanted, Math.min(LEAST, most), most);
  const [left, top] = [right ? fixedX : fixedX - width, lower ? fixedY : fixedY - width / ratio];
  return [left, top, left + width, top + width / ratio].map((edge) => clamp(edge, 0, 1));
}

function end() {
  if (!drag) return;
  drag = null;
  // While the plan for the last move is still to come, the one at hand is of an earlier place.
  if ($("#fit").ariaBusy !== "true") drawFrame();
}

export function startStage() {
  const board = $("#board");
  board.addEventListener("pointerdown", begin);
  board.addEventListener("pointermove", move);
  board.addEventListener("pointerup", end);
  board.addEventListener("pointercancel", end);
  $("#zoom").addEventListener("input", (event) => zoom(Number(event.target.value)));
}
