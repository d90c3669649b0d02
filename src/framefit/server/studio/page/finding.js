// What was found about a picture, as a sentence: chosen by its code, filled in from its facts.

import { el } from "./dom.js";
import { has, megabytes, number, percent, sentence, size, t, takes } from "./words.js";

const QUOTED = new Set(["side_too_small", "side_too_large", "ratio_out_of_range", "model_retired"]);

/** Draw one finding of a forecast. */
export function drawFinding(finding, picture) {
  const key = keyOf(finding, picture.told.forecast);
  const words = key ? [t(key, valuesOf(finding, picture))] : sentence(finding);
  // What is wanted there is said in words of the library, which are quoted as they are.
  const wanted = QUOTED.has(finding.code) && finding.wanted ? el("q", { lang: "en" }, finding.wanted) : null;
  return el("li", { "data-level": finding.level }, el("span", {}, ...words, wanted ? " " : null, wanted));
}

/** The sentence that says most: for what becomes of the shape, for the level, for what is not known. */
function keyOf(finding, forecast) {
  const wider = (forecast?.outcome?.wider ?? 1) >= 1 ? "" : "-narrow";
  const kind = `${forecast?.outcome?.kind}${forecast?.outcome?.kind === "stretch" ? wider : ""}`;
  const endings = [finding.known ? null : "unknown", kind, finding.level];
  const keys = endings.filter(Boolean).map((ending) => `finding.${finding.code}.${ending}`);
  const values = known(finding);
  return [...keys, `finding.${finding.code}`].find((key) => has(key) && takes(key).every((name) => values(name))) ?? null;
}

/** Whether a value is there to be filled in. */
const known = (finding) => (name) => !["seen", "wanted"].includes(name) || Boolean(finding[name]);

function valuesOf(finding, picture) {
  const { outcome } = picture.told.forecast;
  const { info } = picture;
  const wider = outcome?.wider ?? 1;
  return {
    seen: said(finding.seen),
    wanted: said(finding.wanted),
    stored: size(info.stored_size),
    upright: size(info.size),
    orientation: info.orientation,
    video: outcome?.video ? size(outcome.video) : "",
    lost: percent(outcome?.lost ?? 0),
    times: number(Math.max(wider, 1 / wider), 2),
  };
}

/** A value of a finding as people write it: sizes with a cross, bytes as megabytes. */
function said(value) {
  if (!value) return "";
  const bytes = /^(?:at most )?(\d+) bytes$/.exec(value);
  return bytes ? megabytes(Number(bytes[1])) : size(value);
}
