// The videos that were asked for before: here, and by the command with the same ledger.

import * as api from "./api.js";
import { $, el, latest } from "./dom.js";
import { shown, showVideo } from "./shown.js";
import { picture } from "./state.js";
import { moment, money, sentence, t } from "./words.js";

let videos = [];
let open = () => undefined;

/** Fetch the list of videos that were asked for before. */
export const fetchPast = latest(async () => {
  const told = await api.videos();
  videos = told.videos;
  $("#past-wrong").replaceChildren(...(told.ledger_error ? sentence(told.ledger_error) : []));
  drawPast();
});

export function drawPast() {
  $("#past-box").hidden = videos.length === 0;
  $("#video").hidden = !picture() && videos.length === 0;
  $("#past").replaceChildren(...videos.map(drawItem));
}

function drawItem(video) {
  const name = video.picture ?? t("video.from-text");
  const cost = video.cost_usd ? money(video.cost_usd) : null;
  const about = [name, moment(video.created_at), cost].filter(Boolean).join(" · ");
  const current = shown()?.id === video.id;
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", className: "job", "aria-current": current ? "true" : null, onclick: () => choose(video) },
      drawThumb(video),
      el(
        "span",
        { className: "name" },
        video.prompt,
        el("small", {}, el("span", { className: "dot", "data-tone": tone(video) }), el("b", {}, said(video)), ` · ${about}`),
      ),
    ),
    video.origin === "page" ? drawRemove(video) : null,
  );
}

/** The picture that was sent, where it was kept. */
function drawThumb(video) {
  if (video.reference) return el("img", { src: api.thumbAddress(video.id), alt: "" });
  return el("span", { className: "blank", "aria-hidden": "true" }, ">_");
}

function tone(video) {
  if (video.receipt) return video.ok ? "good" : "bad";
  if (["failed", "rejected"].includes(video.status)) return "bad";
  return video.status === "unknown" ? "odd" : "open";
}

function said(video) {
  if (video.receipt && video.has_video) return t(video.ok ? "receipt.short" : "receipt.not-short");
  return t(`video.${video.status}`);
}

function choose(video) {
  showVideo(video);
  drawPast();
  open(video.id);
  $("#stand").scrollIntoView({ block: "nearest" });
}

function drawRemove(video) {
  return el("button", {
    type: "button",
    className: "remove",
    "aria-label": t("video.remove", { prompt: video.prompt }),
    disabled: video.status === "queued" || video.status === "in_progress",
    onclick: async () => {
      await api.dropVideo(video.id);
      if (shown()?.id === video.id) showVideo(null);
      await fetchPast();
    },
  }, "×");
}

/** Tell who looks at a video that is chosen until it has ended. */
export const startPast = (follow) => (open = follow);
