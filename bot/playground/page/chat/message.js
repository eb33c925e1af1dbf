// One message: author, text, embeds, attachments and components.

import { avatar, make } from "/dom.js";
import { inline, link, markup } from "/chat/markup.js";
import { moment } from "/chat/moments.js";
import { t } from "/words.js";

const STYLES = ["", "primary", "", "success", "danger"];

/** Components call `press(message, part)` or `choose(message, part, values)`; `dismiss(message)` hides the message.
    `visit(message)` opens the thread that began with it. */
export function message(data, { press, choose, dismiss, visit }) {
  const meta = make("div", { className: "meta" }, make("strong", {}, data.author));
  if (data.bot) meta.append(make("span", { className: "app" }, t("APP")));
  meta.append(moment(data.at, "t"));
  if (data.edited) meta.append(make("span", { className: "small" }, t("(edited)")));
  const body = make("div", { className: "body" }, meta, make("div", { className: "text" }, ...markup(data.content)));
  if (data.loading) body.append(make("p", { className: "thinking" }, t("{author} is thinking…", data)));
  const shown = JSON.stringify(data.components);
  const alone = data.attachments.filter((each) => !shown.includes(`attachment://${each.filename}`));
  body.append(...data.embeds.map(embed), ...alone.map(picture), ...data.components.map((part) => component(part, data, { press, choose })));
  if (data.thread) {
    const button = make("button", { type: "button", className: "started" }, `↳ ${data.thread}`);
    button.addEventListener("click", () => visit(data));
    body.append(button);
  }
  if (data.ephemeral) {
    const button = make("button", { type: "button", className: "quiet" }, t("Dismiss message"));
    button.addEventListener("click", () => dismiss(data));
    body.append(make("p", { className: "private" }, make("span", { className: "eye", aria: { hidden: "true" } }), t("Only you can see this"), " · ", button));
  }
  const name = data.ephemeral ? "message ephemeral" : data.thread ? "message starter" : "message";
  const article = make("article", { className: name, tabIndex: -1, data: { id: data.id }, aria: { label: t("{author} says", data) } });
  if (data.command) article.append(make("p", { className: "asked" }, make("b", {}, data.asked_by), t(" used /{command}", data)));
  article.append(avatar(data.author), body);
  return article;
}

/** Show an attached picture; the page serves it under its own address. */
function picture(data) {
  return make("img", { className: "picture", src: new URL(data.url).pathname, alt: data.description ?? data.filename });
}

function embed(data) {
  const box = make("div", { className: "embed" });
  if (data.color) box.style.borderLeftColor = `#${data.color.toString(16).padStart(6, "0")}`;
  if (data.author?.name) box.append(make("p", { className: "small" }, data.author.name));
  if (data.title) box.append(make("h3", {}, data.url ? link(inline(data.title), data.url) : make("span", {}, ...inline(data.title))));
  box.append(make("div", { className: "text" }, ...markup(data.description ?? "")));
  if (data.fields?.length) {
    const fields = data.fields.map((field) =>
      make("div", { className: field.inline ? "inline" : "" }, make("dt", {}, ...inline(field.name)), make("dd", { className: "text" }, ...markup(field.value))));
    box.append(make("dl", { className: "fields" }, ...fields));
  }
  if (data.footer?.text) box.append(make("footer", {}, data.footer.text));
  return box;
}

function component(part, data, acts) {
  const inner = (parts) => (parts ?? []).map((each) => component(each, data, acts));
  switch (part.type) {
    case 1: return make("div", { className: "row" }, ...inner(part.components));
    case 2: return button(part, data, acts);
    case 3: return menu(part, data, acts);
    case 9: return make("div", { className: "section" }, make("div", {}, ...inner(part.components)), ...inner(part.accessory ? [part.accessory] : []));
    case 10: return make("div", { className: "text" }, ...markup(part.content));
    case 11: return media(part.media, part.description, data);
    case 12: return make("div", { className: "gallery" }, ...part.items.map((each) => media(each.media, each.description, data)));
    case 14: return make("hr");
    case 17: return container(part, inner(part.components));
    default: return make("p", { className: "small" }, t("(this page cannot show this component)"));
  }
}

function container({ accent_color: accent }, parts) {
  const box = make("div", { className: "container" }, ...parts);
  if (accent !== null && accent !== undefined) box.style.borderLeftColor = `#${accent.toString(16).padStart(6, "0")}`;
  return box;
}

/** Show a picture that the message names as `attachment://name`. */
function media({ url }, description, data) {
  const file = data.attachments.find((each) => url === `attachment://${each.filename}`);
  return file ? picture({ ...file, description: description ?? file.description }) : link(url, url);
}

function button(part, data, { press }) {
  const label = [part.emoji?.name, part.label].filter(Boolean).join(" ");
  if (part.url) {
    const anchor = link(`${label} ↗`, part.url);
    anchor.className = "button";
    return anchor;
  }
  const element = make("button", { type: "button", disabled: Boolean(part.disabled), className: STYLES[part.style] ?? "", data: { custom: part.custom_id } }, label);
  element.addEventListener("click", () => press(data, part));
  return element;
}

function menu(part, data, { choose }) {
  const hint = part.placeholder ?? t("Make a selection");
  const options = part.options.map((each) => make("option", { value: each.value, selected: Boolean(each.default) }, each.description ? `${each.label}: ${each.description}` : each.label));
  const many = (part.max_values ?? 1) > 1;
  const first = many || part.options.some((each) => each.default) ? [] : [make("option", { value: "", disabled: true, selected: true }, hint)];
  const element = make("select", { multiple: many, disabled: Boolean(part.disabled), data: { custom: part.custom_id }, aria: { label: hint } }, ...first, ...options);
  element.addEventListener("change", () => choose(data, part, [...element.selectedOptions].map((each) => each.value)));
  return element;
}
