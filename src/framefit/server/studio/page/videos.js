// Have a video made: what it costs, who is asked before, and watching it come.

import * as api from "./api.js";
import { $, el, latest } from "./dom.js";
import { fetchPast } from "./past.js";
import { drawShown, shown, showVideo, startShown } from "./shown.js";
import { picture, rule, state, wishFor } from "./state.js";
import { money, sentence, size, t } from "./words.js";

const LOOK_EVERY_MS = 400;
let told = null;

export function drawEngine() {
  const { engine } = state.choices;
  $("#engine").textContent = t(engine.embedded ? "video.embedded" : "video.elsewhere", { host: engine.name });
}

/** Ask what a video of the picture would cost, and say it. */
export const fetchQuote = latest(async () => {
  const one = picture();
  $("#make").hidden = !one;
  if (!one) return;
  const length = $("#seconds").value || null;
  try {
    told = await api.quote(one.id, one.wish, length);
    drawQuote();
  } catch (error) {
    if (error.code === "seconds_not_offered" && length) {
      $("#seconds").replaceChildren();
      told = await api.quote(one.id, one.wish, null).catch(() => null);
      if (told) return drawQuote();
    }
    told = null;
    $("#go").disabled = true;
    $("#quote").replaceChildren(...away(error));
  }
});

/** Say why no video can be made there, with the way out where there is one. */
function away(error) {
  const { wish } = picture();
  const elsewhere = state.choices.engine.embedded && rule(wish)?.server !== "embedded";
  if (!elsewhere) return sentence(error);
  const button = el("button", { type: "button", className: "link" }, t("video.switch"));
  button.addEventListener("click", () => wishFor({ model: "sora-2", server: "embedded", size: "auto" }));
  return [t("video.not-here", { model: wish.model }), " ", button];
}

function drawQuote() {
  const lengths = told.lengths.length ? told.lengths.map(String) : [told.seconds ?? ""];
  const before = $("#seconds").value;
  $("#seconds").replaceChildren(
    ...lengths.map((length) => el("option", { value: length }, length ? t("video.length", { length }) : t("video.usual"))),
  );
  $("#seconds").value = lengths.includes(before) ? before : (told.seconds ?? lengths[0]);
  $("#go").disabled = false;
  const cost = told.embedded
    ? t("video.free")
    : told.cost_usd === null
      ? t("video.cost-unknown", { host: told.engine })
      : t("video.cost", { host: told.engine, cost: money(told.cost_usd) });
  $("#quote").textContent = `${size(told.size)} · ${cost}`;
}

/** Have somebody agree to what a video costs; what costs nothing needs nobody. */
async function confirmed({ engine, embedded, cost_usd: dollars }) {
  if (embedded || dollars === 0) return true;
  const cost = dollars === null ? t("video.some-money") : money(dollars);
  $("#confirm-text").textContent = t("video.ask", { host: engine, cost });
  const dialog = $("#confirm");
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  return dialog.returnValue === "yes";
}

/** Ask for a video and watch it come; while it is asked for, nothing else can be. */
async function ask(quote, order) {
  if (!(await confirmed(quote))) return;
  $("#go").disabled = true;
  try {
    showVideo(await order());
    fetchPast();
    await follow(shown().id);
  } catch (error) {
    $("#stand").replaceChildren(el("p", { className: "wrong" }, ...sentence(error)));
  } finally {
    $("#go").disabled = !told;
  }
}

async function make(event) {
  event.preventDefault();
  if (!told) return;
  const one = picture();
  const order = {
    picture: one.id,
    wish: one.wish,
    prompt: $("#prompt").value,
    seconds: $("#seconds").value || null,
    confirmed: true,
  };
  await ask(told, () => api.make(order));
}

/** Ask for another take of the video that is shown. */
const another = (video) => ask(video, () => api.another(video.id, true));

const running = (video) => video?.status === "queued" || video?.status === "in_progress";

/** Look at the video that is shown until it has ended. */
export async function follow(id) {
  while (shown()?.id === id && running(shown())) {
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    const now = await api.video(id);
    if (shown()?.id !== id) return;
    showVideo(now);
  }
  await fetchPast();
}

export function startVideos() {
  $("#make").addEventListener("submit", make);
  $("#seconds").addEventListener("change", () => fetchQuote());
  startShown(another);
  drawShown();
}
