// The buttons that make trouble, each with what the project promises, and what came of it.

import { at, draw, make } from "/dom.js";

const EXPERIMENTS = [
  {
    name: "expire",
    title: "Let the access token end",
    promise: "The next agent renews it; nobody has to log in again.",
    acts: { expire: "End it" },
  },
  {
    name: "agents",
    title: "Start 32 agents at once",
    promise: "A token that has ended is renewed once for all of them. A second refresh would end the login.",
    acts: { agents: "Start 32" },
  },
  {
    name: "revoke",
    title: "Revoke the login at the server",
    promise: "One refused refresh tells every agent; the dead token is never presented again.",
    acts: { revoke: "Revoke" },
  },
  {
    name: "bot",
    title: "Kill the bot between the two steps",
    promise: "A login that was begun survives it: start the bot again, then paste.",
    acts: { kill: "Kill it", start: "Start it" },
  },
  {
    name: "disk",
    title: "Fill the disk",
    promise: "Nothing is half-written, and no refresh is asked for whose result could not be kept.",
    acts: { fill: "Fill it", free: "Free it" },
  },
];

/** `run(experiment)` presses one. */
export function drawExperiments(run) {
  at("experiments").replaceChildren(...EXPERIMENTS.map(({ name, title, promise, acts }) => {
    const buttons = Object.entries(acts).map(([act, label]) => {
      const button = make("button", { type: "button", data: { experiment: act }, aria: { label: `${label}: ${title}` } }, label);
      button.addEventListener("click", async () => {
        button.disabled = true;
        await run(act).finally(() => { button.disabled = false; });
      });
      return button;
    });
    const herd = name === "agents" ? [make("div", { id: "herd", aria: { role: "img", label: "No agent yet" } }), each()] : [];
    return make("li", {}, make("div", {}, make("h3", {}, title), make("p", {}, promise)), make("div", {}, ...buttons), ...herd, make("p", { className: "said", id: `said-${name}`, aria: { role: "status" } }));
  }));
}

function each() {
  return make("details", { id: "each", hidden: true }, make("summary", {}, "Each agent"), make("ol", {}));
}

export function showSaid(said) {
  for (const { name } of EXPERIMENTS) {
    const element = at(`said-${name}`);
    if (element.textContent !== (said[name] ?? "")) element.textContent = said[name] ?? "";
  }
}

export function showAgents({ running, each }) {
  const herd = at("herd");
  while (herd.children.length < each.length) herd.append(make("i"));
  const counts = {};
  for (const [number, agent] of each.entries()) {
    counts[agent.state] = (counts[agent.state] ?? 0) + 1;
    const tile = herd.children[number];
    tile.dataset.state = agent.state;
    tile.title = told(agent);
  }
  at("each").hidden = !each.length;
  draw(at("each").lastElementChild, each, (all) => all.map((agent) => make("li", {}, told(agent))));
  herd.setAttribute("aria-label", Object.entries(counts).map(([state, count]) => `${count} ${state}`).join(", ") || "No agent yet");
  button("agents").disabled = running;
}

function told({ agent, pid, state, token, ms, code }) {
  const words = [`agent ${agent} ${state}`, pid && `process ${pid}`, token && `secret #${token}`, code, ms && `${ms} ms`];
  return words.filter(Boolean).join(", ");
}

export function showBot({ state, pid }) {
  at("bot").dataset.state = state;
  at("bot").textContent = state === "running" ? `the bot runs, process ${pid}` : `the bot is ${state}`;
  button("kill").hidden = state === "down";
  button("start").hidden = state !== "down";
}

export function showDisk({ full, possible }) {
  button("fill").hidden = full;
  button("free").hidden = !full;
  button("fill").disabled = !possible;
  if (!possible) button("fill").title = "Only Linux can limit a process that runs.";
}

const button = (act) => at("experiments").querySelector(`[data-experiment="${act}"]`);
