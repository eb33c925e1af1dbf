// The page: the current person and channel, incoming updates, and outgoing actions.

import { call, news } from "/api.js";
import { showLocks, showPosted, showStore } from "/behind/behind.js";
import { Composer } from "/chat/composer.js";
import { at, avatar, make } from "/dom.js";
import "/leaving.js";
import { learnNames } from "/chat/markup.js";
import { message } from "/chat/message.js";
import { openModal } from "/chat/modal.js";
import { drawExperiments, showAgents, showBot, showDisk, showResults } from "/behind/experiments.js";

const PLACES = [
  { where: "guild", sign: "#", name: "general" },
  { where: "thread", sign: "↳", name: "agent-thread" },
  { where: "dm", sign: "@", name: "openab" },
];
const ENDED = "The playground has stopped. Start it again and open the new address.";
const AGAIN = 1000; // milliseconds before the page reconnects
const NEAR = 80; // the log counts as scrolled to its end within this many pixels
const THEMES = { "": "Theme: system", light: "Theme: light", dark: "Theme: dark" };

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
    notice.textContent = "Waiting for the bot…";
  }, 400);
  try {
    const answer = await call(path, body);
    notice.textContent = "";
    if (answer.modal) openModal(answer.modal, me);
  } catch (error) {
    notice.dataset.kind = "";
    notice.textContent = error instanceof TypeError ? ENDED : error.message;
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
};

/** Draw only changed messages, so that focus and selection stay. */
function showMessages(all) {
  const log = at("messages");
  const next = new Map();
  let last = null;
  for (const data of all.filter((each) => !dismissed.has(each.id))) {
    const text = JSON.stringify(data);
    const before = drawn.get(data.id);
    const element = before?.text === text ? before.element : replaced(before?.element, message(data, acts));
    if (element.parentNode !== log) last ? last.after(element) : log.prepend(element);
    last = element;
    next.set(data.id, { text, element });
  }
  for (const [id, { element }] of drawn) if (!next.has(id)) element.remove();
  drawn = next;
  log.querySelector(".welcome")?.remove();
  if (!next.size) log.append(welcome());
  keepEnd();
}

/** Keep the log scrolled to its end, also after a picture has loaded. */
function keepEnd() {
  if (atEnd) at("messages").scrollTop = at("messages").scrollHeight;
}

at("messages").addEventListener("load", keepEnd, true);
at("messages").addEventListener("scroll", ({ target }) => {
  atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR;
});

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
  const begin = make("button", { type: "button", className: "primary" }, "Type /auth login");
  begin.addEventListener("click", () => {
    const command = composer.commands.find((each) => each.name === "auth login");
    if (command) composer.choose(command);
  });
  return make("div", { className: "welcome" },
    make("h3", {}, "Log an agent in"),
    make("p", {}, "You see no messages here yet. To log in:"),
    make("ol", {},
      make("li", {}, "Send ", make("code", {}, "/auth login"), " with the vendor ", make("code", {}, "playground"), "."),
      make("li", {}, "Open the login page from the bot's message, and press Allow."),
      make("li", {}, "Your browser then shows a page that does not load. Copy its whole address."),
      make("li", {}, "Come back and paste the address.")),
    begin);
}

// ---- person and channel ----

function choice(name, pressed, children, onClick) {
  const button = make("button", { type: "button", data: { name }, aria: { pressed: String(pressed) } }, ...children);
  button.addEventListener("click", onClick);
  return make("li", {}, button);
}

function drawRail(people) {
  at("people").replaceChildren(...people.map((each) =>
    choice(each.name, each.name === me.person, [avatar(each.name), make("span", {}, each.name, make("small", {}, each.who))], () => go({ person: each.name }))));
  at("places").replaceChildren(...PLACES.map((each) =>
    choice(each.where, each.where === me.where, [make("span", { className: "sign", aria: { hidden: "true" } }, each.sign), each.name], () => go({ where: each.where }))));
}

function go(change) {
  Object.assign(me, change);
  for (const button of document.querySelectorAll("#people button")) button.setAttribute("aria-pressed", String(button.dataset.name === me.person));
  for (const button of document.querySelectorAll("#places button")) button.setAttribute("aria-pressed", String(button.dataset.name === me.where));
  const { sign, name } = PLACES.find((each) => each.where === me.where);
  at("place").textContent = `${sign} ${name}`;
  at("notice").textContent = "";
  at("messages").lang = me.locale;
  composer.clear(me.where === "dm" ? `Message @${name} as ${me.person}, or / for commands` : `Message ${sign}${name} as ${me.person}, or / for commands`);
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
        if (at("notice").textContent === ENDED) at("notice").textContent = "";
        for (const [name, part] of Object.entries(parts)) show[name]?.(part);
      }
    } catch (error) {
      if (signal.aborted) return;
    }
    at("notice").dataset.kind = "";
    at("notice").textContent = ENDED;
    await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
  }
}

at("locale").addEventListener("change", () => {
  me.locale = at("locale").value;
  at("messages").lang = me.locale;
});

// ---- theme, panes ----

function drawTheme() {
  at("theme").textContent = THEMES[document.documentElement.dataset.theme];
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

drawTheme();
drawExperiments((experiment) => act("experiment", { person: me.person, experiment }));
const { people, names } = await call("start");
learnNames(names);
me.person = people[0].name;
drawRail(people);
go({});
composer.focus();
