// The contact sheet: this picture on every live model.

import * as api from "./api.js";
import { $, el } from "./dom.js";
import { picture, wishFor } from "./state.js";
import { tone } from "./verdict.js";
import { money, percent, sentence, size as written, t } from "./words.js";

const MOST = 5; // models of a card that are listed at once
let told = null;

export function drawSheet() {
  if (!told || !picture()) return;
  const models = told.groups.reduce((count, group) => count + group.targets.length, 0);
  $("#every-lead").textContent = t("every.lead", { models, canvases: told.groups.length });
  const cards = told.groups.map(drawGroup);
  if (told.without.length) cards.push(drawWithout());
  $("#sheet").replaceChildren(...cards);
}

/** Fetch the sheet for the picture of the moment. */
export async function fetchSheet(focus) {
  const one = picture();
  if (!one) return;
  $("#sheet").setAttribute("aria-busy", "true");
  const { mode, crop, backdrop } = one.wish;
  try {
    told = await api.sheet(one.id, { mode, crop, backdrop, focus });
  } finally {
    $("#sheet").setAttribute("aria-busy", "false");
  }
  drawSheet();
}

function drawGroup(group) {
  const size = written(group.canvas);
  return el(
    "article",
    { className: group.targets.some(isCurrent) ? "card current" : "card", "aria-label": size },
    el("div", { className: "pic" }, el("img", { src: group.preview, alt: "" })),
    el(
      "h3",
      {},
      el("span", { className: "num" }, size),
      el("span", { className: "soft" }, t("facts.kept", { share: percent(group.kept) })),
    ),
    ...drawTargets(group.targets),
  );
}

/** The models of a card; long lists show their beginning. */
function drawTargets(targets) {
  const rows = targets.map(drawTarget);
  if (rows.length <= MOST + 1) return [el("ul", {}, ...rows)];
  const hidden = rows.slice(MOST);
  const here = targets.slice(MOST).some(isCurrent);
  return [
    el("ul", {}, ...rows.slice(0, MOST)),
    el("details", { open: here }, el("summary", {}, t("every.more", { count: hidden.length })), el("ul", {}, ...hidden)),
  ];
}

function isCurrent(target) {
  const chosen = picture().wish;
  return chosen.model === target.model && chosen.server === target.server;
}

function drawTarget(target) {
  const price = target.price_usd === null ? "" : target.price_usd === 0 ? t("price.free") : money(target.price_usd);
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        "aria-current": isCurrent(target) ? "true" : null,
        title: t("every.switch", { model: target.model, server: target.server }),
        onclick: () => {
          wishFor({ model: target.model, server: target.server, size: "auto" });
          $("#fit").scrollIntoView({ block: "start" });
          $("#model").focus({ preventScroll: true });
        },
      },
      el("span", { className: "dot", "data-tone": tone(target.verdict) }),
      el("span", { className: "name" }, target.model, el("small", {}, ` ${target.server}`)),
      el("span", { className: "soft word" }, t(`badge.${target.verdict}`)),
      el("span", { className: "num soft" }, price),
    ),
  );
}

/** Models without a card, by the reason, which most of them share. */
function drawWithout() {
  const reasons = new Map();
  for (const row of told.without) {
    // Nothing else can be wrong here with settings that made every other card.
    const words = row.reason.code === "invalid_option" ? [t("finding.canvas_unknown")] : sentence(row.reason);
    const key = words.map((one) => one.textContent ?? one).join("");
    if (!reasons.has(key)) reasons.set(key, { words, rows: [] });
    reasons.get(key).rows.push(row);
  }
  const name = (row) => el("span", { className: "name" }, row.model, el("small", {}, ` ${row.server}`));
  const items = [...reasons.values()].map(({ words, rows }) =>
    el("li", {}, el("span", { className: "soft" }, ...words), ...rows.map(name)),
  );
  return el("article", { className: "card without" }, el("h3", {}, t("every.without")), el("ul", {}, ...items));
}
