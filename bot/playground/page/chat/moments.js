// Timestamps as Discord shows them, for example `<t:1700000000:R>`; relative ones update every second.

import { make } from "/dom.js";
import { language } from "/words.js";

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};

export function moment(seconds, style = "f") {
  const date = new Date(seconds * 1000);
  const element = make("time", { dateTime: date.toISOString(), title: date.toLocaleString(language()) });
  if (style === "R") element.dataset.relative = String(seconds);
  element.textContent = style === "R" ? relative(seconds) : date.toLocaleString(language(), STYLES[style] ?? STYLES.f);
  return element;
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

export function relative(seconds) {
  const format = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  const left = Math.round(seconds - Date.now() / 1000);
  for (const [unit, length] of UNITS) {
    if (Math.abs(left) > length - 30) return format.format(Math.round(left / length), unit); // round as Discord does
  }
  return format.format(left, "second");
}

setInterval(() => {
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const text = relative(Number(element.dataset.relative));
    if (element.textContent !== text) element.textContent = text;
  }
}, 1000);
