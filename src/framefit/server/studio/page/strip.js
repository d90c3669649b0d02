// The pictures that were dropped: one verdict each, the settings for all, and one zip file.

import * as api from "./api.js";
import { $, el, show } from "./dom.js";
import { picture, remove, select, state } from "./state.js";
import { tone } from "./verdict.js";
import { t } from "./words.js";

const THUMB = 160;

export function drawStrip() {
  $("#strip").replaceChildren(...state.pictures.map(drawItem));
  $("#many").hidden = state.pictures.length < 2;
}

function drawItem(one, index) {
  const current = index === state.current;
  const verdict = one.told?.forecast?.verdict ?? null;
  const said = verdict ? t(`badge.${verdict}`) : "";
  const image = el("img", { alt: "", src: one.thumb ?? "", hidden: !one.thumb });
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        className: "thumb",
        "aria-current": current ? "true" : null,
        "aria-label": [one.name, said].filter(Boolean).join(", "),
        title: one.name,
        onclick: () => select(index),
      },
      image,
      verdict ? el("span", { className: "dot", "data-tone": tone(verdict) }) : null,
    ),
    el(
      "button",
      {
        type: "button",
        className: "remove",
        "aria-label": t("strip.remove", { name: one.name }),
        onclick: () => {
          if (one.thumb) URL.revokeObjectURL(one.thumb);
          api.forget(one.id).catch(() => undefined);
          remove(index);
        },
      },
      "×",
    ),
  );
}

/** Fetch what the strip shows of a picture, where it is not known yet. */
export async function lookAt(one) {
  if (!one.thumb) one.thumb = URL.createObjectURL(await api.view(one.id, "picture", {}, THUMB));
  if (!one.told) one.told = await api.plan(one.id, one.wish);
  drawStrip();
}

/** Fetch every fitted picture in one zip file. */
export async function fetchZip() {
  const reply = await api.zip(state.pictures.map((one) => ({ picture: one.id, wish: one.wish })));
  const url = URL.createObjectURL(await reply.blob());
  el("a", { href: url, download: "framefit.zip" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return Number(reply.headers.get("x-framefit-failed"));
}

/** Show the upright picture in the editor. */
export async function showPicture() {
  const one = picture();
  const blob = await api.view(one.id, "picture", {}, 1200);
  if (one === picture()) await show($("#picture"), blob);
}
