// One video: how it stands, and beside the picture that was sent when it is there.

import * as api from "./api.js";
import { $, el } from "./dom.js";
import { has, number, sentence, size, t } from "./words.js";

let video = null;
let another = () => undefined;

export const shown = () => video;

export const startShown = (askAgain) => (another = askAgain);

export function showVideo(one) {
  video = one;
  drawShown();
}

export function drawShown() {
  if (!video) return $("#stand").replaceChildren();
  if (video.status === "queued" || video.status === "in_progress") return drawProgress();
  const said = [drawReceipt(), drawEarlier(), drawPair(), drawFacts()];
  $("#stand").replaceChildren(...said.filter(Boolean));
}

function drawProgress() {
  let bar = $("#stand progress");
  if (!bar) {
    bar = el("progress", { max: 100, "aria-label": t("video.progress") });
    $("#stand").replaceChildren(bar, el("p", { className: "fine", id: "progress-text" }));
  }
  bar.value = video.progress;
  $("#progress-text").textContent = t("video.at", { percent: video.progress, engine: video.engine });
}

const figure = (caption, content) =>
  el("figure", {}, el("figcaption", {}, el("span", { className: "cap" }, caption)), el("div", { className: "board" }, content));

function drawPair() {
  if (!video.has_video) return null;
  const content = el("video", {
    src: api.videoAddress(video.id, "content"),
    controls: true,
    loop: true,
    muted: true,
    autoplay: true,
    playsInline: true,
    "aria-label": t("video.of", { prompt: video.prompt }),
  });
  const came = figure(t("video.came"), content);
  if (!video.reference) return el("div", { className: "pair alone" }, came);
  const reference = el("img", { src: api.videoAddress(video.id, "reference"), alt: t("video.sent-alt") });
  return el("div", { className: "pair" }, figure(t("video.sent"), reference), came);
}

/** Who made it and how, and one more of the same where the picture that was sent is still there. */
function drawFacts() {
  const length = video.seconds ? t("video.length", { length: video.seconds }) : null;
  const take = video.take > 1 ? t("video.take", { take: video.take }) : null;
  const facts = [video.model, video.size && size(video.size), length, take, video.engine].filter(Boolean);
  const again = video.reference && video.status !== "unknown"
    ? el("button", { type: "button", className: "quiet", id: "another", onclick: () => another(video) }, t("video.another"))
    : null;
  return el("div", { className: "after" }, el("p", { className: "fine" }, facts.join(" · ")), again);
}

/** A video that the ledger had before costs nothing more, and is not a new one. */
const drawEarlier = () => (video.earlier ? el("p", { className: "fine" }, t("video.earlier")) : null);

/** Codes that only the server knows are said by what they came to. */
function ofServer(error, status) {
  const code = { failed: "generation_failed", rejected: "request_rejected" }[status];
  return code && !has(`error.${error.code}`) ? { ...error, code } : error;
}

function drawReceipt() {
  const { receipt, error, status } = video;
  if (!receipt) {
    const words = error ? sentence(ofServer(error, status)) : [t(`video.${status}`)];
    const hint = video.origin === "ledger" && ["planned", "submitting", "accepted", "ready"].includes(status);
    // What became of it is for a person to decide, with a command.
    const fix = status === "unknown" && error?.fix ? el("code", { className: "fix" }, error.fix) : null;
    return el("p", { className: error ? "wrong" : "fine" }, ...words, hint ? ` ${t("video.by-command")}` : "", fix);
  }
  // Cut, not rounded: what is below the bound must not read as the bound.
  const ssim = number(Math.floor(receipt.ssim * 1000) / 1000, 3);
  const psnr = receipt.psnr === null ? "∞" : `${number(receipt.psnr, 1)} dB`;
  return el(
    "p",
    { className: "receipt", "data-tone": receipt.ok ? "good" : "bad" },
    el("strong", {}, t(receipt.ok ? "receipt.ok" : "receipt.not")),
    el("span", { className: "num" }, `SSIM ${ssim}`),
    el("span", { className: "num" }, `PSNR ${psnr}`),
    receipt.frames ? el("span", { className: "num" }, t("receipt.frames", { frames: receipt.frames, fps: number(receipt.fps ?? 0, 2), seconds: number(receipt.seconds ?? 0, 1) })) : null,
  );
}
