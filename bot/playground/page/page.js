"use strict";
// Everything that comes from the bot or from people reaches the page as text nodes: nothing here parses HTML.

const key = new URLSearchParams(location.search).get("key") ?? "";
const at = (id) => document.getElementById(id);
let commands = [];
let shown = {};

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

async function call(path, body) {
  const options = { headers: { "X-Playground-Key": key } };
  if (body !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const reply = await fetch(`/api/${path}`, options);
  const answer = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(answer.error ?? `The playground answered ${reply.status}.`);
  return answer;
}

async function act(work, notice = at("notice")) {
  notice.textContent = "";
  try {
    await work();
    await refresh();
    return true;
  } catch (error) {
    notice.textContent = error.message;
    return false;
  }
}

// ---- Discord's markup, as far as the bot uses it ----

const INLINE = /\*\*(.+?)\*\*|`([^`]+)`|\[([^\]]+)\]\(<?(https?:\/\/[^\s<>)]+)>?\)|<(https?:\/\/[^\s<>]+)>|<t:(\d+)(?::([tTdDfFR]))?>|\\([\\*_`~|[\]()<>#.-])/g;

function inline(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(from, found.index));
    from = found.index + found[0].length;
    const [, bold, code, label, masked, plain, stamp, style, escaped] = found;
    if (bold) parts.push(make("strong", {}, ...inline(bold)));
    else if (code) parts.push(make("code", {}, code));
    else if (masked) parts.push(link(label, masked));
    else if (plain) parts.push(link(plain, plain));
    else if (stamp) parts.push(moment(Number(stamp), style));
    else parts.push(escaped);
  }
  parts.push(text.slice(from));
  return parts;
}

function link(label, address) {
  if (!/^https?:\/\//.test(address)) return document.createTextNode(label);
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

function moment(seconds, style) {
  const date = new Date(seconds * 1000);
  const element = make("time", { dateTime: date.toISOString(), title: date.toLocaleString() });
  if (style === "R") element.dataset.relative = String(seconds);
  element.textContent = style === "R" ? relative(seconds) : style?.toLowerCase() === "t" ? date.toLocaleTimeString() : date.toLocaleString();
  return element;
}

function relative(seconds) {
  const left = Math.round(seconds - Date.now() / 1000);
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(left) >= length) return format.format(Math.trunc(left / length), unit);
  }
  return format.format(left, "second");
}

function markup(text) {
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    const heading = line.match(/^#{1,3} (.*)/);
    return heading ? make("h3", {}, ...inline(heading[1])) : make("p", {}, ...inline(line));
  });
}

// ---- messages ----

function message(data) {
  const element = make("article", { className: data.ephemeral ? "message ephemeral" : "message" });
  const meta = make("div", { className: "meta" }, make("strong", {}, data.author));
  if (data.command) meta.append(` answers /${data.command}`);
  if (data.ephemeral) meta.append(" · only you can see this");
  if (data.edited) meta.append(" · edited");
  element.append(meta, ...markup(data.content));
  if (data.loading) element.append(make("p", {}, "is thinking…"));
  for (const embed of data.embeds) {
    const box = make("div", { className: "embed" });
    if (embed.title) box.append(make("h3", {}, ...inline(embed.title)));
    box.append(...markup(embed.description ?? ""));
    for (const field of embed.fields ?? []) box.append(make("p", {}, make("strong", {}, field.name), " ", ...inline(field.value)));
    element.append(box);
  }
  for (const row of data.components) {
    element.append(make("div", { className: "buttons" }, ...(row.components ?? []).map((part) => component(data, part))));
  }
  return element;
}

function component(data, part) {
  if (part.type === 2 && part.url) {
    const anchor = link(`${part.label} ↗`, part.url);
    anchor.className = "button";
    return anchor;
  }
  const button = make("button", { type: "button", disabled: Boolean(part.disabled), className: part.style === 1 ? "primary" : "" }, part.label ?? "");
  button.addEventListener("click", () => act(async () => {
    const answer = await call("press", { person: at("person").value, message: data.id, custom_id: part.custom_id });
    if (answer.modal) openModal(answer.modal);
  }));
  return button;
}

// ---- modal ----

function openModal(modal) {
  at("modal-title").textContent = modal.title;
  at("modal-error").textContent = "";
  at("modal-form").dataset.id = modal.id;
  at("modal-fields").replaceChildren(...modal.fields.flatMap((field) => {
    const id = `field-${field.custom_id}`;
    const input = make(field.style === 2 ? "textarea" : "input", { id, name: field.custom_id, required: field.required !== false, placeholder: field.placeholder ?? "", spellcheck: false });
    if (field.max_length) input.maxLength = field.max_length;
    if (field.style === 2) input.rows = 4;
    return [make("label", { htmlFor: id }, field.label ?? ""), ...(field.description ? [make("p", { className: "hint" }, field.description)] : []), input];
  }));
  at("modal").showModal();
}

at("modal-cancel").addEventListener("click", () => at("modal").close());
at("modal-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(event.target));
  const body = { person: at("person").value, modal: event.target.dataset.id, fields };
  if (await act(() => call("submit", body), at("modal-error"))) at("modal").close();
});

// ---- composer ----

function chooseCommand() {
  const command = commands.find((each) => each.name === at("command").value);
  at("options").replaceChildren(...(command?.options ?? []).map((option) => {
    const list = make("datalist", { id: `choices-${option.name}` });
    const input = make("input", { name: option.name, required: Boolean(option.required), spellcheck: false });
    if (option.autocomplete) {
      input.setAttribute("list", list.id);
      const suggest = async () => {
        const body = { person: at("person").value, where: at("where").value, command: command.name, option: option.name, value: input.value };
        const { choices } = await call("complete", body).catch(() => ({ choices: [] }));
        list.replaceChildren(...choices.map((choice) => make("option", { value: choice.value, label: choice.name })));
      };
      input.addEventListener("focus", suggest);
      input.addEventListener("input", suggest);
    }
    return make("label", { title: option.description ?? "" }, `${option.name} `, input, list);
  }));
}

at("command").addEventListener("change", chooseCommand);
at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const options = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value));
  act(() => call("slash", { person: at("person").value, where: at("where").value, command: at("command").value, options }));
});
at("dm").addEventListener("submit", (event) => {
  event.preventDefault();
  act(async () => {
    await call("dm", { person: at("person").value, text: at("dm-text").value });
    at("dm-text").value = "";
  });
});
at("where").addEventListener("change", () => { at("dm").hidden = at("where").value !== "dm"; refresh(); });
at("person").addEventListener("change", refresh);

// ---- what the playground knows ----

function facts(rows) {
  return rows.map(({ title, facts: pairs }) =>
    make("dl", {}, make("dt", {}, title), ...Object.entries(pairs).map(([name, value]) => make("dd", {}, `${name}: ${value}`))));
}

function draw(name, data, render) {
  const text = JSON.stringify(data);
  if (shown[name] === text) return false;
  shown[name] = text;
  render(data);
  return true;
}

let drawing = 0;
async function refresh() {
  const turn = ++drawing;
  const query = new URLSearchParams({ person: at("person").value, where: at("where").value });
  const view = await call(`view?${query}`);
  if (turn !== drawing) return;
  const empty = () => [make("p", { className: "small" }, "Nothing yet.")];
  if (draw("messages", view.messages, (list) => at("messages").replaceChildren(...(list.length ? list.map(message) : empty())))) {
    at("messages").scrollTop = at("messages").scrollHeight;
  }
  draw("store", view.store, (list) => at("store").replaceChildren(...(list.length ? facts(list) : empty())));
  draw("posted", view.posted, (list) => at("posted").replaceChildren(...(list.length ? facts(list) : empty())));
}

async function start() {
  const begin = await call("start");
  commands = begin.commands;
  at("person").replaceChildren(...begin.people.map((each) => make("option", { value: each.name }, `${each.name} (${each.who})`)));
  at("command").replaceChildren(...commands.map((each) => make("option", { value: each.name }, `/${each.name}`)));
  const login = commands.find((each) => each.name === "auth login");
  if (login) at("command").value = login.name;
  at("store-path").textContent = begin.store;
  chooseCommand();
  await refresh();
}

start().catch((error) => { at("notice").textContent = error.message; });
setInterval(() => {
  refresh().catch(() => { at("notice").textContent = "The playground has ended. Start it again and open the new address."; });
  for (const element of document.querySelectorAll("time[data-relative]")) element.textContent = relative(Number(element.dataset.relative));
}, 1000);
