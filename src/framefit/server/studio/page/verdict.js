// What the server would do, what framefit sends, and how to say it in a terminal.

import { $, el } from "./dom.js";
import { has, percent, sentence, t } from "./words.js";

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
  drawForecast(forecast);
  drawPicture(picture);
  drawUntouched(forecast);
  drawFitted(plan, error);
  drawCode();
}

function drawForecast(forecast) {
  const verdict = KINDS.includes(forecast?.verdict) ? forecast.verdict : "unknown";
  $("#verdict-box").dataset.tone = tone(verdict);
  const lost = percent(forecast?.outcome?.lost ?? 0);
  const names = { model: forecast?.model ?? "", server: forecast?.server ?? "", lost };
  $("#verdict").textContent = t(`verdict.${verdict}`, names);
  const findings = forecast?.findings ?? [];
  const worst = findings.find((finding) => finding.level === "reject") ?? null;
  $("#words").hidden = worst === null;
  $("#words").textContent = worst?.message ?? "";
  const others = findings.filter((finding) => finding !== worst);
  $("#findings").replaceChildren(...others.map(drawFinding));
}

function drawFinding(finding) {
  const key = `finding.${finding.code}`;
  const values = [finding.seen, finding.wanted].filter(Boolean).join(" → ");
  const text = has(key) ? t(key) : finding.message;
  return el(
    "li",
    { "data-level": finding.level, title: finding.message },
    el("span", { lang: has(key) ? null : "en" }, text),
    values ? el("span", { className: "num", lang: "en" }, values) : null,
  );
}

function drawPicture(picture) {
  const { info } = picture;
  const kind = (info.format ?? "").toUpperCase();
  $("#picture-facts").textContent = `${info.size.replace("x", " × ")} ${kind}`;
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
    ? t("facts.video", { size: video.replace("x", " × ") })
    : t(verdict === "reject" ? "facts.refused" : "facts.unknown");
}

function drawFitted(plan, error) {
  const badge = $("#fitted-badge");
  badge.textContent = plan ? t("badge.fits") : t("badge.cannot");
  badge.dataset.tone = plan ? "good" : "bad";
  $("#fitted").alt = plan ? t("stage.fitted-alt", { size: plan.canvas }) : "";
  $("#fitted-facts").classList.toggle("wrong", !plan);
  if (!plan) {
    $("#fitted-facts").textContent = error ? sentence(error) : "";
    return;
  }
  const kept = t("facts.kept", { share: percent(1 - plan.share_lost) });
  const same = plan.action === "convert" ? null : t("facts.same");
  const size = plan.canvas.replace("x", " × ");
  const focus = plan.focus_from?.split(":")[0];
  const found = focus && focus !== "center" ? t(`focus.${focus}`) : null;
  $("#fitted-facts").textContent = [size, plan.format.toUpperCase(), kept, found, same].filter(Boolean).join(" · ");
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
    await navigator.clipboard.writeText(shown?.[spoken] ?? "");
    $("#copy").textContent = t("copied");
    setTimeout(() => ($("#copy").textContent = t("copy")), 1500);
  });
}
