// Every sentence of the page, in the language that was chosen.

import { $, el } from "./dom.js";

export const LANGUAGES = { en: "English", ko: "한국어", id: "Bahasa Indonesia" };
let words = {};
let current = "en";
let wanted = "en";
const listeners = [];

/** A sentence, with {names} filled in. */
export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const has = (key) => key in words;

/** The sentence for an error as nodes: ours by its code, with what others said as it was said. */
export function sentence(error) {
  const values = Object.fromEntries(["seen", "wanted"].filter((name) => error[name]).map((name) => [name, error[name]]));
  const key = `error.${error.code}`;
  const whole = has(key) && ["seen", "wanted"].every((name) => name in values || !words[key].includes(`{${name}}`));
  const [before, after] = t(whole ? key : "error.other", values).split("{words}");
  if (after === undefined) return [before];
  // Of a refusal the server's own words stand in what was seen.
  const quoted = (error.code === "request_rejected" && error.seen) || error.message;
  return [before, el("q", { lang: "en" }, quoted), after];
}

/** What a sentence takes to be filled in. */
export const takes = (key) => [...(words[key] ?? "").matchAll(/\{(\w+)\}/g)].map((found) => found[1]);

export const number = (value, digits = 0) => new Intl.NumberFormat(current, { maximumFractionDigits: digits }).format(value);

export const megabytes = (bytes) => `${number(bytes / 1e6, 2)} MB`;

/** A size as people write it; a line never ends within one. */
export const size = (text) => text.replace(/(\d)x(\d)/g, "$1\u00a0×\u00a0$2");

export const percent = (share, digits = 0) =>
  new Intl.NumberFormat(current, { style: "percent", maximumFractionDigits: digits }).format(share);

export const money = (dollars) =>
  new Intl.NumberFormat(current, { style: "currency", currency: "USD", maximumFractionDigits: 3 }).format(dollars);

export const moment = (seconds) =>
  new Intl.DateTimeFormat(current, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);

export const onLanguage = (listener) => listeners.push(listener);

/** Take a language, for the page and for the next visit. */
export async function speak(language) {
  wanted = language;
  const reply = await fetch(`/studio/languages/${language}.json`);
  const found = await reply.json();
  // Of two that were chosen quickly the last one counts, whichever comes first.
  if (wanted !== language) return;
  words = found;
  current = language;
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
  }
  listeners.forEach((listener) => listener());
}

/** Begin with what was chosen last, else with the browser's language. */
export async function startSpeaking() {
  const known = [localStorage.getItem("language"), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  const language = known.find((tag) => tag && tag in LANGUAGES) ?? "en";
  const menu = $("#language");
  menu.append(...Object.entries(LANGUAGES).map(([tag, name]) => el("option", { value: tag, lang: tag }, name)));
  menu.value = language;
  menu.addEventListener("change", () => {
    localStorage.setItem("language", menu.value);
    speak(menu.value);
  });
  await speak(language);
}
