import { language } from "/words.js";

// Texts from the bot and from people become text nodes; nothing on this page parses HTML.

export const at = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(name === "role" ? name : `aria-${name}`, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function avatar(name) {
  return make("span", { className: "avatar", data: { name }, aria: { hidden: "true" } }, name.slice(0, 1).toUpperCase());
}

/** Render `data` into `element` if it, or the language, differs from what was rendered last. */
export function draw(element, data, render) {
  const text = language() + JSON.stringify(data);
  if (element.drawn === text) return false;
  element.drawn = text;
  element.replaceChildren(...render(data));
  return true;
}
