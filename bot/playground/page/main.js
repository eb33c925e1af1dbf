// The page: the current person and channel, incoming updates, and outgoing actions.

import { call, news } from "/api.js";
import { drawStore, showLocks, showPosted, showStore } from "/behind/behind.js";
import { Composer } from "/chat/composer.js";
import { at, avatar, make } from "/dom.js";
import "/leaving.js";
import { learnNames } from "/chat/markup.js";
import { message } from "/chat/message.js";
import { openModal } from "/chat/modal.js";
import { said, speak, t } from "/words.js";
import { POLICIES, drawThreads, showThreadAgents, showThreads } from "/behind/threads.js";
import { drawPermissions, showPermissions } from "/behind/permissions.js";
import { drawExperiments, showAgents, showBot, showDisk, showResults } from "/behind/experiments.js";

const SIGNS = { channel: "#", thread: "↳", dm: "@" };
const ENDED = "The playground has stopped. Start it again and open the new address.";
const AGAIN = 1000; // milliseconds before the page reconnects
let revealed; // the message that has changed last, if it was scrolled to
const NEAR = 80; // the log counts as scrolled to its end within this many pixels
const THEMES = { dark: "Theme: dark", light: "Theme: light" };

const me = { person: "", where: "guild", locale: "en-US" };
const dismissed = new Set();
let drawn = new Map();
let atEnd = true;
let channel = new AbortController();

const composer = new Composer({ here: () => ({ ...me }), send: act });
const show = {
  messages: showMessages,
  commands: (commands) => { composer.commands = commands; },
  store: showStore,
  threads: showThreads,
  thread_agents: showThreadAgents,
  permissions: showPermissions,
  locks: showLocks,
  posted: showPosted,
  bot: showBot,
  disk: showDisk,
  agents: showAgents,
  results: showResults,
};

/** Send an action of this person; open the form that comes back, or show the error near the input. */
async function act(path, body) {
  const notice = at("notice");
  notice.textContent = "";
  const slow = setTimeout(() => {
    notice.dataset.kind = "wait";
    notice.textContent = t("Waiting for the bot…");
  }, 400);
  try {
    const answer = await call(path, body);
    notice.textContent = "";
    if (answer.modal) openModal(answer.modal, me);
  } catch (error) {
    notice.dataset.kind = "";
    notice.textContent = error instanceof TypeError ? t(ENDED) : said(error.message);
  } finally {
    clearTimeout(slow);
  }
}

const acts = {
  press: (data, part) => act("press", { ...me, message: data.id, custom_id: part.custom_id }),
  choose: (data, part, values) => act("choose", { ...me, message: data.id, custom_id: part.custom_id, values }),
  dismiss: (data) => {
    dismissed.add(data.id);
    drawn.get(data.id)?.element.remove();
    drawn.delete(data.id);
    composer.focus();
  },
  visit: (data) => go({ where: data.id }), // a thread has the id of the message that it began with
};

/** Draw only changed messages, so that focus and selection stay. */
function showMessages(all) {
  const log = at("messages");
  const next = new Map();
  let last = null;
  for (const data of all.filter((each) => !dismissed.has(each.id))) {
    const text = JSON.stringify(data);
    const old = drawn.get(data.id);
    const element = old?.text === text ? old.element : replaced(old?.element, message(data, acts));
    if (element.parentNode !== log) last ? last.after(element) : log.prepend(element);
    last = element;
    next.set(data.id, { text, element, own: data.ephemeral || data.author === me.person, loading: data.loading });
  }
  for (const [id, { element }] of drawn) if (!next.has(id)) element.remove();
  const before = drawn;
  drawn = next;
  log.querySelector(".welcome")?.remove();
  if (all.every((each) => each.thread || dismissed.has(each.id))) log.append(welcome());
  reveal(before, next);
}

/** Show what is new: a message that has changed, else the newest message of this person or for them. */
function reveal(before, next) {
  const news = [...next.entries()].filter(([id, each]) => each.element !== before.get(id)?.element);
  const changed = news.filter(([id]) => before.has(id)).at(-1)?.[1];
  const added = news.filter(([id, each]) => !before.has(id) && each.own).at(-1)?.[1];
  if (added) atEnd = true;
  keepEnd();
  revealed = changed && (!added || added.loading) ? changed.element : undefined;
  if (revealed) {
    revealed.scrollIntoView({ block: "nearest" });
    measure();
  }
}

/** Keep the log scrolled to its end. */
function keepEnd() {
  if (atEnd) at("messages").scrollTop = at("messages").scrollHeight;
}

/** A picture that has loaded makes its message longer: show the end of the log, or the message that has changed. */
function grown({ target }) {
  keepEnd();
  if (revealed?.contains(target)) revealed.scrollIntoView({ block: "nearest" });
}

at("messages").addEventListener("load", grown, true);
function measure() {
  const log = at("messages");
  atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
}

at("messages").addEventListener("scroll", measure);

function replaced(old, fresh) {
  if (!old) return fresh;
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.custom : undefined;
  const had = old.contains(document.activeElement);
  old.replaceWith(fresh);
  fresh.classList.add("fresh");
  if (had) ([...fresh.querySelectorAll("[data-custom]")].find((each) => each.dataset.custom === focused) ?? fresh).focus();
  return fresh;
}

function welcome() {
  const begin = make("button", { type: "button", className: "primary" }, t("Type /auth login"));
  begin.addEventListener("click", () => start("auth login"));
  const steps = [
    "Send /auth login with the vendor playground, with by-key for an API key, or with mcp:notes for the MCP server.",
    "Open the login page from the bot's message, and press Allow.",
    "Your browser then shows a page that does not load. Copy its whole address.",
    "Come back and paste the address.",
  ];
  return make("div", { className: "welcome" },
    make("h3", {}, t("Log an agent in")),
    make("p", {}, t("You see no messages here yet. To log in:")),
    make("ol", {}, ...steps.map((step) => make("li", {}, t(step)))),
    begin);
}

/** Begin a command in the composer, for example after a click on its mention. */
function start(name) {
  const command = composer.commands.find((each) => each.name === name);
  if (command) composer.choose(command);
}

at("messages").addEventListener("click", (event) => {
  const mention = event.target.closest("[data-command]");
  if (mention) start(mention.dataset.command);
});

// ---- person and channel ----

function choice(name, pressed, children, onClick, kind = "") {
  const button = make("button", { type: "button", data: { name }, aria: { pressed: String(pressed) } }, ...children);
  button.addEventListener("click", onClick);
  return make("li", { data: { kind } }, button);
}

function drawRail(people) {
  at("people").replaceChildren(...people.map((each) =>
    choice(each.name, each.name === me.person, [avatar(each.name), make("span", {}, each.name, make("small", {}, t(each.who)))], () => go({ person: each.name }))));
  at("places").replaceChildren(...places.map((each) =>
    choice(each.where, each.where === me.where, [make("span", { className: "sign", aria: { hidden: "true" } }, SIGNS[each.kind]), make("span", {}, each.name, about(each))], () => go({ where: each.where }), each.kind)));
}

function about({ accounts, owner }) {
  const text = accounts ? t(POLICIES[accounts]) : owner && t("started by {person}", { person: owner });
  return text ? make("small", {}, text) : null;
}

function drawServers() {
  const entry = (where, sign, label) => {
    const button = make("button", { type: "button", data: { where }, aria: { label, pressed: String((where === "dm") === (me.where === "dm")) } }, sign);
    button.addEventListener("click", () => go({ where }));
    return button;
  };
  at("servers").replaceChildren(entry("dm", "@", t("Direct messages")), make("hr"), entry("guild", "P", t("Playground")));
}

function go(change) {
  Object.assign(me, change);
  for (const button of document.querySelectorAll("#people button")) button.setAttribute("aria-pressed", String(button.dataset.name === me.person));
  for (const button of document.querySelectorAll("#places button")) button.setAttribute("aria-pressed", String(button.dataset.name === me.where));
  at("places").querySelector("[aria-pressed=true]").scrollIntoView({ block: "nearest", inline: "nearest" }); // a narrow page scrolls them
  const { kind, name } = places.find((each) => each.where === me.where);
  const sign = SIGNS[kind];
  at("place").textContent = `${sign} ${name}`;
  at("notice").textContent = "";
  drawServers();
  composer.clear(t("Message {place} as {person}, or / for commands", { place: `${me.where === "dm" ? "@" : sign}${name}`, person: me.person }));
  at("messages").replaceChildren();
  atEnd = true;
  drawn = new Map();
  channel.abort();
  channel = new AbortController();
  listen(channel.signal);
}

async function listen(signal) {
  while (!signal.aborted) {
    try {
      for await (const parts of news(me, signal)) {
        if (signal.aborted) return;
        if (at("notice").textContent === t(ENDED)) at("notice").textContent = "";
        for (const [name, part] of Object.entries(parts)) show[name]?.(part);
      }
    } catch (error) {
      if (signal.aborted) return;
    }
    at("notice").dataset.kind = "";
    at("notice").textContent = t(ENDED);
    await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
  }
}

at("locale").addEventListener("change", () => {
  me.locale = at("locale").value;
  localStorage.setItem("locale", me.locale);
  draw();
});

// ---- theme, panes ----

function drawTheme() {
  at("theme").textContent = t(THEMES[document.documentElement.dataset.theme] ?? THEMES.dark);
}

at("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length];
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
  drawTheme();
});
for (const button of document.querySelectorAll("#switch button")) {
  button.addEventListener("click", () => {
    document.body.dataset.pane = button.dataset.pane;
    for (const each of document.querySelectorAll("#switch button")) each.setAttribute("aria-pressed", String(each === button));
  });
}

/** Draw the whole page in the chosen language. */
function draw() {
  speak(me.locale);
  drawTheme();
  drawStore(store);
  drawExperiments((experiment) => act("experiment", { person: me.person, experiment }));
  drawThreads(Object.fromEntries(places.map((each) => [each.where, each.name])), (experiment) => act("experiment", { person: me.person, experiment }));
  drawPermissions(places.filter((each) => each.kind === "channel"), (where, permission, may) => act("permission", { person: me.person, where, permission, may }));
  drawRail(people);
  go({});
}

const { people, names, places, store } = await call("start");
learnNames(names);
me.person = people[0].name;
me.locale = localStorage.getItem("locale") ?? me.locale;
at("locale").value = me.locale;
draw();
composer.focus();
