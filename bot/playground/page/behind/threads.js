// The threads: which account the agents of each thread get, and why; and what a real agent there has got.

import { at, draw, make } from "/dom.js";
import { nameOf } from "/chat/markup.js";
import { t } from "/words.js";

const STATES = { there: "logged in", dead: "revoked by the vendor", none: "nobody is logged in" };
const REASONS = {
  named: "The agent names it.",
  thread: "It was chosen in this thread with /auth use.",
  personal: "Threads of this channel use the account of the person who started the thread.",
  shared: "It is the default, and nobody has chosen another one here.",
};
export const POLICIES = { shared: "shared accounts", personal: "personal accounts" };

const shown = { names: {}, threads: [], agents: {} };

/** Begin with the names of the threads by id; the button calls `run(experiment)`. */
export function drawThreads(names, run) {
  shown.names = names;
  at("ask").onclick = () => run("ask");
  at("end").onclick = () => run("end");
  redraw();
}

export function showThreads(threads) {
  shown.threads = threads;
  redraw();
}

export function showThreadAgents({ running, each }) {
  shown.agents = each;
  at("ask").disabled = running;
  at("end").disabled = !running;
  redraw();
}

function redraw() {
  draw(at("threads"), shown, ({ threads }) => threads.map(card));
}

function card({ thread, owner, seen, policy, accounts }) {
  const started = owner ? t("started by {person}", { person: nameOf(owner) }) : t(seen ? "started by nobody known" : "unknown to the bot");
  const rows = accounts.flatMap((each) => [make("dt", {}, each.vendor), make("dd", {}, ...account(each))]);
  const agent = shown.agents[thread];
  if (agent) rows.push(make("dt", {}, t("agent")), make("dd", { data: { agent: agent.state } }, ...report(agent, shown.names[thread])));
  const title = make("h3", {}, `↳ ${shown.names[thread]}`, make("span", {}, `${t(POLICIES[policy])} · ${started}`));
  return make("div", { className: "card", data: { kind: "thread", thread } }, title, make("dl", {}, ...rows));
}

function account(each) {
  if (each.problem) return [make("strong", {}, t("None.")), make("small", {}, problem(each))];
  const whose = each.person ? t("{person}'s own account", { person: nameOf(each.person) }) : each.label ? t("account {label}", each) : t("the account for everyone here");
  return [make("strong", {}, whose), " · ", each.account || t(STATES[each.state]), make("small", {}, t(REASONS[each.because]))];
}

function problem({ problem: code, person, told }) {
  if (code === "not_agreed") return t("{person} logs in with the account “Only me”, then sends /auth status here and agrees.", { person: nameOf(person) });
  if (code === "no_account_for_thread") return t("This channel uses personal accounts, and the bot does not know who started the thread.");
  return told;
}

function report({ state, account: name, code }, thread) {
  return [state === "waits" ? t("waits for a login in #{thread}", { thread }) : t(state), name && ` · ${name}`, code && make("code", {}, ` ${code}`)].filter(Boolean);
}
