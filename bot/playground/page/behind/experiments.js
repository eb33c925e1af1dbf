// The experiments: a title, what the project promises, buttons, and the result.

import { at, draw, make } from "/dom.js";
import { said, t } from "/words.js";

const EXPERIMENTS = [
  {
    name: "expire",
    title: "Expire the access token",
    promise: "The next agent renews the token. Nobody has to log in again.",
    acts: { expire: "Expire it" },
  },
  {
    name: "agents",
    title: "Start 32 agents at once",
    promise: "One refresh renews an expired token for all agents. A second one would revoke the login.",
    acts: { agents: "Start 32" },
  },
  {
    name: "revoke",
    title: "Revoke the login at the server",
    promise: "After one refused refresh, every agent knows. No agent sends the dead token again.",
    acts: { revoke: "Revoke" },
  },
  {
    name: "bot",
    title: "Kill the bot between the two steps",
    promise: "A pending login survives. Start the bot again, then paste the address.",
    acts: { kill: "Kill it", start: "Start it" },
  },
  {
    name: "disk",
    title: "Fill the disk",
    promise: "No file is half-written. No agent refreshes a token while it cannot store the new one.",
    acts: { fill: "Fill it", free: "Free it" },
  },
];

/** Draw the experiments; their buttons call `run(experiment)`. */
export function drawExperiments(run) {
  at("experiments").replaceChildren(...EXPERIMENTS.map(({ name, title, promise, acts }) => {
    const buttons = Object.entries(acts).map(([act, label]) => {
      const button = make("button", { type: "button", data: { experiment: act }, aria: { label: `${t(label)}: ${t(title)}` } }, t(label));
      button.addEventListener("click", async () => {
        button.disabled = true;
        await run(act).finally(() => { button.disabled = false; });
      });
      return button;
    });
    const herd = name === "agents" ? [make("div", { id: "herd", aria: { role: "img", label: t("No agent yet") } }), each()] : [];
    return make("li", {}, make("div", {}, make("h3", {}, t(title)), make("p", {}, t(promise))), make("div", {}, ...buttons), ...herd, make("p", { className: "result", id: `result-${name}`, aria: { role: "status" } }));
  }));
}

function each() {
  return make("details", { id: "each", hidden: true }, make("summary", {}, t("Each agent")), make("ol", {}));
}

export function showResults(results) {
  for (const { name } of EXPERIMENTS) {
    const element = at(`result-${name}`);
    const result = said(results[name] ?? "");
    if (element.textContent !== result) element.textContent = result;
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
    tile.title = describe(agent);
  }
  at("each").hidden = !each.length;
  draw(at("each").lastElementChild, each, (all) => all.map((agent) => make("li", {}, describe(agent))));
  herd.setAttribute("aria-label", Object.entries(counts).map(([state, count]) => t("{count} {state}", { count, state: t(state) })).join(", ") || t("No agent yet"));
  button("agents").disabled = running;
}

function describe({ agent, pid, state, token, ms, code }) {
  const parts = [t("agent {agent} {state}", { agent, state: t(state) }), pid && t("process {pid}", { pid }), token && t("secret #{number}", { number: token }), code, ms && t("{ms} ms", { ms })];
  return parts.filter(Boolean).join(", ");
}

export function showBot({ state, pid }) {
  at("bot").dataset.state = state;
  at("bot").textContent = state === "running" ? t("the bot is running, process {pid}", { pid }) : t(`the bot is ${state}`);
  button("kill").hidden = state === "down";
  button("start").hidden = state !== "down";
}

export function showDisk({ full, possible }) {
  button("fill").hidden = full;
  button("free").hidden = !full;
  button("fill").disabled = !possible;
  if (!possible) button("fill").title = t("This needs Linux, which can limit a running process.");
}

const button = (act) => at("experiments").querySelector(`[data-experiment="${act}"]`);
