// The view behind Discord: the store, the locks, and the requests to the vendor.

import { at, draw, make } from "/dom.js";
import { nameOf } from "/chat/markup.js";
import { clock, moment } from "/chat/moments.js";
import { said, t } from "/words.js";

const KINDS = { login: "logged in", pending: "waiting for the person", mcp: "login at an MCP server", dead: "revoked by the vendor", problem: "" };
const ABOUT = {
  file: "This is the real bot with a small Discord and a small vendor, all on this machine. Nothing leaves the machine. When the playground stops, its data is deleted.",
  database: "This is the real bot with a small Discord and a small vendor, all on this machine. Only the store is in your database, encrypted. When the playground stops, its data is deleted.",
};
const LEADS = {
  file: "The bot and every agent read this one file. Secrets are masked; equal numbers mean equal secrets.",
  database: "The bot and every agent read this one schema of a PostgreSQL database. Its rows are encrypted, and this page has the key. Secrets are masked; equal numbers mean equal secrets.",
};
const SOURCES = {
  kernel: "From the kernel's list, /proc/locks. Very short locks may not appear.",
  nobody: "Only Linux shows the holders of locks.",
  leases: "The lease rows of the database. Each holder is a number that a process draws for one lease; the database does not know which process it is, nor who waits.",
};
const BELOW = 400; // replies with at least this status are refusals

/** Name the store, and say what it is. */
export function drawStore({ kind, name }) {
  at("about").textContent = t(ABOUT[kind]);
  at("store-name").textContent = name;
  at("store-lead").textContent = t(LEADS[kind]);
}

export function showStore(entries) {
  draw(at("store"), entries, (all) => (all.length ? all.map(entry) : [make("p", { className: "nothing" }, t("Empty: nobody is logged in."))]));
}

export function showLocks(locks) {
  at("locks-lead").textContent = t(SOURCES[locks.source]);
  draw(at("locks"), locks, ({ now, past }) => {
    if (!now.length) return [make("p", { className: "nothing" }, t("No process has used a lock yet."))];
    const locked = now.map((each) =>
      make("p", { className: "lock", title: each.about }, make("span", {}, make("code", {}, each.lock)), each.holder ? make("b", {}, held(each)) : make("span", {}, t("free"))));
    const seen = past.map((each) =>
      make("li", {}, make("span", {}, clock(each.at)), make("span", {}, t("{holder} held", { holder: said(each.holder) }), " ", make("code", {}, each.lock)), make("span", {}, each.ms ? t("{ms} ms", each) : t("a moment"))));
    return [...locked, make("ol", { className: "past" }, ...seen)];
  });
}

function held({ holder, waiting, until, posted }) {
  const values = { holder: said(holder), waiting, until: until && clock(until) };
  if (until) return t(posted ? "{holder}, until {until}, token posted" : "{holder}, until {until}", values);
  return waiting ? t("{holder}, {waiting} waiting", values) : values.holder;
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
