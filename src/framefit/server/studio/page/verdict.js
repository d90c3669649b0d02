// What the server would do, what framefit sends, and how to say it in a terminal.

import { $ } from "./dom.js";
import { drawFinding } from "./finding.js";
import { percent, sentence, size, t } from "./words.js";

let spoken = "command";
let shown = null;

const KINDS = ["reject", "stretch", "crop", "pad", "derive", "change", "unknown", "pass"];

/** The tone of a verdict: bad, odd, open or good. */
export function tone(verdict) {
  if (verdict === "reject") return "bad";
  if (verdict === "pass") return "good";
  return verdict === "unknown" ? "open" : "odd";
}

/** Draw everything that the answer to a wish says. */
export function drawVerdict(picture) {
  shown = picture.told;
  const { forecast, plan, error } = shown;
  drawForecast(picture);
  drawPicture(picture);
  drawUntouched(forecast);
  drawFitted(plan, error);
  drawCode();
}

function drawForecast(picture) {
  const { forecast, server_words: words } = shown;
  const verdict = KINDS.includes(forecast?.verdict) ? forecast.verdict : "unknown";
  $("#verdict-box").dataset.tone = tone(verdict);
  const lost = percent(forecast?.outcome?.lost ?? 0);
  const names = { model: forecast?.model ?? "", server: serverName(forecast?.server ?? ""), lost };
  $("#verdict").textContent = t(`verdict.${verdict}`, names);
  $("#words").hidden = !words;
  $("#words").textContent = words ?? "";
  $("#findings").replaceChildren(...(forecast?.findings ?? []).map((finding) => drawFinding(finding, picture)));
}

/** A server as a sentence calls it. */
const serverName = (server) => (server === "embedded" ? t("server.embedded") : server);

function drawPicture(picture) {
  const { info } = picture;
  const kind = (info.format ?? "").toUpperCase();
  $("#picture-facts").textContent = `${size(info.size)} ${kind}`;
  $("#picture").alt = t("stage.picture-alt", { name: picture.name });
}

function drawUntouched(forecast) {
  const verdict = forecast?.verdict ?? "unknown";
  const badge = $("#untouched-badge");
  badge.textContent = t(`badge.${verdict}`);
  badge.dataset.tone = tone(verdict);
  $(".untouched").dataset.verdict = verdict;
  $("#untouched").alt = t("stage.untouched-alt", { verdict: badge.textContent });
  const video = forecast?.outcome?.video;
  $("#untouched-facts").textContent = video
    ? t("facts.video", { size: size(video) })
    : t(verdict === "reject" ? "facts.refused" : "facts.unknown");
}

function drawFitted(plan, error) {
  const badge = $("#fitted-badge");
  badge.textContent = plan ? t("badge.fits") : t("badge.cannot");
  badge.dataset.tone = plan ? "good" : "bad";
  $("#fitted").alt = plan ? t("stage.fitted-alt", { size: plan.canvas }) : "";
  $("#fitted-facts").classList.toggle("wrong", !plan);
  if (!plan) {
    $("#fitted-facts").replaceChildren(...(error ? sentence(error) : []));
    return;
  }
  const kept = t("facts.kept", { share: percent(1 - plan.share_lost) });
  const same = plan.action === "convert" ? null : t("facts.same");
  const focus = plan.focus_from?.split(":")[0];
  const found = focus && focus !== "center" ? t(`focus.${focus}`) : null;
  $("#fitted-facts").textContent = [size(plan.canvas), plan.format.toUpperCase(), kept, found, same].filter(Boolean).join(" · ");
}

function drawCode() {
  $("#code code").textContent = shown ? shown[spoken] : "";
}

function choose(which) {
  spoken = which;
  for (const name of ["command", "python"]) {
    const tab = $(`#tab-${name}`);
    tab.setAttribute("aria-selected", String(name === which));
    tab.tabIndex = name === which ? 0 : -1;
  }
  $("#code").setAttribute("aria-labelledby", `tab-${which}`);
  drawCode();
}

/** Copy what an element says; browsers have a clipboard for pages only where nobody else can listen. */
async function copy(element) {
  if (navigator.clipboard) return navigator.clipboard.writeText(element.textContent);
  getSelection().selectAllChildren(element);
  return document.execCommand("copy");
}

export function startVerdict() {
  for (const [name, other] of [["command", "python"], ["python", "command"]]) {
    const tab = $(`#tab-${name}`);
    tab.addEventListener("click", () => choose(name));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      event.preventDefault();
      event.stopPropagation();
      choose(other);
      $(`#tab-${other}`).focus();
    });
  }
  $("#copy").addEventListener("click", async () => {
    await copy($("#code code"));
    $("#copy").textContent = t("copied");
    setTimeout(() => ($("#copy").textContent = t("copy")), 1500);
  });
}
