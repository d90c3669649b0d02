// Have a video made, watch it come, and see whether it is of the picture that was sent.

import * as api from "./api.js";
import { $, el, latest } from "./dom.js";
import { picture, rule, state, wishFor } from "./state.js";
import { moment, money, sentence, t } from "./words.js";

const LOOK_EVERY_MS = 400;
let jobs = [];
let shown = null;
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
  if (!elsewhere) return [sentence(error)];
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
  $("#quote").textContent = `${told.size.replace("x", " × ")} · ${cost}`;
}

async function confirmed() {
  if (!told.needs_confirmation) return true;
  const cost = told.cost_usd === null ? t("video.some-money") : money(told.cost_usd);
  $("#confirm-text").textContent = t("video.ask", { host: told.engine, cost });
  const dialog = $("#confirm");
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  return dialog.returnValue === "yes";
}

async function make(event) {
  event.preventDefault();
  if (!told || !(await confirmed())) return;
  $("#go").disabled = true;
  try {
    const one = picture();
    shown = await api.make({
      picture: one.id,
      wish: one.wish,
      prompt: $("#prompt").value,
      seconds: $("#seconds").value || null,
      confirmed: told.needs_confirmation,
    });
    drawShown();
    await follow(shown.id);
  } catch (error) {
    $("#stand").replaceChildren(el("p", { className: "wrong" }, sentence(error)));
  } finally {
    $("#go").disabled = false;
  }
}

async function follow(id) {
  while (shown?.id === id && (shown.status === "queued" || shown.status === "in_progress")) {
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    const now = await api.video(id);
    if (shown?.id !== id) return;
    shown = now;
    drawShown();
  }
  await fetchPast();
}

export function drawShown() {
  if (!shown) return;
  const running = shown.status === "queued" || shown.status === "in_progress";
  if (running) return drawProgress();
  const facts = [shown.model, shown.size.replace("x", " × "), shown.seconds ? t("video.length", { length: shown.seconds }) : null];
  const reference = api.videoAddress(shown.id, "reference");
  const label = t("video.of", { prompt: shown.prompt });
  const pair = shown.status === "completed"
    ? el(
        "div",
        { className: "pair" },
        figure(t("video.sent"), el("img", { src: reference, alt: t("video.sent-alt") })),
        figure(t("video.came"), el("video", { src: api.videoAddress(shown.id, "content"), controls: true, loop: true, muted: true, autoplay: true, playsInline: true, "aria-label": label })),
      )
    : null;
  $("#stand").replaceChildren(
    ...[drawReceipt(), pair, el("p", { className: "fine" }, [...facts, shown.engine].filter(Boolean).join(" · "))].filter(Boolean),
  );
}

function drawProgress() {
  let bar = $("#stand progress");
  if (!bar) {
    bar = el("progress", { max: 100, "aria-label": t("video.progress") });
    $("#stand").replaceChildren(bar, el("p", { className: "fine", id: "progress-text" }));
  }
  bar.value = shown.progress;
  $("#progress-text").textContent = t("video.at", { percent: shown.progress, engine: shown.engine });
}

const figure = (caption, content) =>
  el("figure", {}, el("figcaption", {}, el("span", { className: "cap" }, caption)), el("div", { className: "board" }, content));

function drawReceipt() {
  const { receipt, error } = shown;
  if (!receipt) return el("p", { className: "wrong" }, error ? sentence(error) : t(`video.${shown.status}`));
  // Cut, not rounded: what is below the bound must not read as the bound.
  const ssim = (Math.floor(receipt.ssim * 1000) / 1000).toFixed(3);
  return el(
    "p",
    { className: "receipt", "data-tone": receipt.ok ? "good" : "bad" },
    el("strong", {}, t(receipt.ok ? "receipt.ok" : "receipt.not")),
    el("span", { className: "num" }, `SSIM ${ssim}`),
    el("span", { className: "num" }, receipt.psnr === null ? "PSNR ∞" : `PSNR ${receipt.psnr.toFixed(1)} dB`),
    el("span", { className: "num" }, t("receipt.frames", { frames: receipt.frames, fps: receipt.fps, seconds: receipt.seconds })),
  );
}

/** Fetch the list of videos that were asked for before. */
export async function fetchPast() {
  jobs = (await api.videos()).videos;
  drawPast();
}

export function drawPast() {
  $("#past-box").hidden = jobs.length === 0;
  $("#video").hidden = !picture() && jobs.length === 0;
  $("#past").replaceChildren(...jobs.map(drawJob));
}

function drawJob(job) {
  const said = job.receipt ? t(job.ok ? "receipt.ok" : "receipt.not") : t(`video.${job.status}`);
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        className: "job",
        onclick: () => {
          shown = job;
          drawShown();
          follow(job.id);
          $("#stand").scrollIntoView({ block: "nearest" });
        },
      },
      el("img", { src: api.videoAddress(job.id, "reference"), alt: "" }),
      el("span", { className: "name" }, job.prompt, el("small", {}, `${job.picture} · ${moment(job.created_at)}`)),
      el("span", { className: "soft" }, said),
    ),
    el("button", {
      type: "button",
      className: "remove",
      "aria-label": t("video.remove", { prompt: job.prompt }),
      disabled: job.status === "queued" || job.status === "in_progress",
      onclick: async () => {
        await api.dropVideo(job.id);
        if (shown?.id === job.id) {
          shown = null;
          $("#stand").replaceChildren();
        }
        await fetchPast();
      },
    }, "×"),
  );
}

export function startVideos() {
  $("#make").addEventListener("submit", make);
  $("#seconds").addEventListener("change", () => fetchQuote());
}
