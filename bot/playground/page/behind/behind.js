// The view behind Discord: the store, the locks, and the requests to the vendor.

import { at, draw, make } from "/dom.js";
import { nameOf } from "/chat/markup.js";
import { clock, moment } from "/chat/moments.js";
import { said, t } from "/words.js";

const KINDS = { login: "logged in", pending: "waiting for the person", mcp: "login at an MCP server", dead: "revoked by the vendor", problem: "" };
const BELOW = 400; // replies with at least this status are refusals

export function showStore(entries) {
  draw(at("store"), entries, (all) => (all.length ? all.map(entry) : [make("p", { className: "nothing" }, t("Empty: nobody is logged in."))]));
}

export function showLocks(locks) {
  at("locks-lead").textContent = t(locks.possible
    ? "From the kernel's list, /proc/locks. Very short locks may not appear."
    : "Only Linux shows the holders of locks.");
  draw(at("locks"), locks, ({ now, past }) => {
    if (!now.length) return [make("p", { className: "nothing" }, t("No process has used a lock yet."))];
    const held = now.map((each) =>
      make("p", { className: "lock", title: each.about }, make("span", {}, make("code", {}, each.lock)), each.holder ? make("b", {}, each.waiting ? t("{holder}, {waiting} waiting", { ...each, holder: said(each.holder) }) : said(each.holder)) : make("span", {}, t("free"))));
    const seen = past.map((each) =>
      make("li", {}, make("span", {}, clock(each.at)), make("span", {}, t("{holder} held", { holder: said(each.holder) }), " ", make("code", {}, each.lock)), make("span", {}, each.ms ? t("{ms} ms", each) : t("a moment"))));
    return [...held, make("ol", { className: "past" }, ...seen)];
  });
}

export function showPosted(requests) {
  draw(at("posted"), requests, (all) => (all.length ? all.map(request) : [make("li", { className: "nothing" }, t("Nothing yet."))]));
}

function entry({ title, kind, facts }) {
  const [, person] = title.match(/(?:^pending:.*:|@u)(\d+)$/) ?? [];
  const rows = Object.entries(person ? { person: nameOf(person), ...facts } : facts).flatMap(([name, value]) => [make("dt", {}, t(name.replace("_", " "))), make("dd", {}, fact(value))]);
  return make("div", { className: "card", data: { kind } }, make("h3", {}, said(title), make("span", {}, t(KINDS[kind] ?? kind))), make("dl", {}, ...rows));
}

function fact(value) {
  if (typeof value === "number") return moment(value, "R");
  return value.startsWith("secret #") ? make("span", { className: "mark" }, t("secret #{number}", { number: value.slice(8) })) : said(value);
}

function shownValue(value) {
  return value.startsWith("secret #") ? t("secret #{number}", { number: value.slice(8) }) : value;
}

function request({ title, at: when, times, status, error, facts }) {
  const answer = status ? make("span", { className: status < BELOW ? "good" : "bad" }, `${status} ${error}`.trim()) : make("span", {}, t("no reply yet"));
  const { grant_type: grant, client_id: _, redirect_uri: __, ...rest } = facts;
  const shown = Object.entries(rest).map(([name, value]) => `${name} ${shownValue(value)}`).join(", ");
  const name = [title, grant?.split(":").at(-1), times > 1 && `× ${times}`].filter(Boolean).join(" ");
  return make("li", {}, make("h3", {}, name, answer), make("p", {}, `${clock(when)} · ${shown}`));
}
