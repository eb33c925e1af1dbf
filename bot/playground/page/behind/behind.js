// The view behind Discord: the store, the locks, and the requests to the vendor.

import { at, draw, make } from "/dom.js";
import { nameOf } from "/chat/markup.js";
import { clock, moment } from "/chat/moments.js";

const KINDS = { login: "logged in", pending: "waiting for the person", mcp: "login at an MCP server", dead: "revoked by the vendor", problem: "" };
const BELOW = 400; // replies with at least this status are refusals

export function showStore(entries) {
  draw(at("store"), entries, (all) => (all.length ? all.map(entry) : [make("p", { className: "nothing" }, "Empty: nobody is logged in.")]));
}

export function showLocks(locks) {
  at("locks-lead").textContent = locks.possible
    ? "From the kernel's list, /proc/locks. Very short locks may not appear."
    : "Only Linux shows the holders of locks.";
  draw(at("locks"), locks, ({ now, past }) => {
    if (!now.length) return [make("p", { className: "nothing" }, "No process has used a lock yet.")];
    const held = now.map((each) =>
      make("p", { className: "lock", title: each.about }, make("span", {}, make("code", {}, each.lock)), each.holder ? make("b", {}, each.waiting ? `${each.holder}, ${each.waiting} waiting` : each.holder) : make("span", {}, "free")));
    const seen = past.map((each) =>
      make("li", {}, make("span", {}, clock(each.at)), make("span", {}, `${each.holder} held `, make("code", {}, each.lock)), make("span", {}, each.ms ? `${each.ms} ms` : "a moment")));
    return [...held, make("ol", { className: "past" }, ...seen)];
  });
}

export function showPosted(requests) {
  draw(at("posted"), requests, (all) => (all.length ? all.map(request) : [make("li", { className: "nothing" }, "Nothing yet.")]));
}

function entry({ title, kind, facts }) {
  const [, person] = title.match(/^pending:.*:(\d+)$/) ?? [];
  const rows = Object.entries(person ? { person: nameOf(person), ...facts } : facts).flatMap(([name, value]) => [make("dt", {}, name.replace("_", " ")), make("dd", {}, fact(value))]);
  return make("div", { className: "card", data: { kind } }, make("h3", {}, title, make("span", {}, KINDS[kind] ?? kind)), make("dl", {}, ...rows));
}

function fact(value) {
  if (typeof value === "number") return moment(value, "R");
  return value.startsWith("secret #") ? make("span", { className: "mark" }, value) : value;
}

function request({ title, at: when, times, status, error, facts }) {
  const answer = status ? make("span", { className: status < BELOW ? "good" : "bad" }, `${status} ${error}`.trim()) : make("span", {}, "no reply yet");
  const { grant_type: grant, client_id: _, redirect_uri: __, ...rest } = facts;
  const shown = Object.entries(rest).map(([name, value]) => `${name} ${value}`).join(", ");
  const name = [title, grant?.split(":").at(-1), times > 1 && `× ${times}`].filter(Boolean).join(" ");
  return make("li", {}, make("h3", {}, name, answer), make("p", {}, `${clock(when)} · ${shown}`));
}
