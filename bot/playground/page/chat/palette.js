// The list above the input: a listbox of the focused input (ARIA's combobox pattern).

import { at, make } from "/dom.js";
import { t } from "/words.js";

let owner = null;
let items = [];
let active = -1;

export const isOpen = () => !at("palette").hidden;

/** Show `choices` ({name, detail, pick}) for `input`; the first choice is active. */
export function offer(input, title, choices) {
  owner = input;
  items = choices;
  at("palette-title").textContent = title;
  at("choices").replaceChildren(...(choices.length ? choices.map(row) : [make("li", { aria: { role: "option", disabled: "true", selected: "false" } }, t("Nothing matches."))]));
  at("palette").hidden = false;
  owner.setAttribute("aria-expanded", "true");
  activate(choices.length ? 0 : -1);
}

export function close() {
  at("palette").hidden = true;
  at("choices").replaceChildren();
  owner?.setAttribute("aria-expanded", "false");
  owner?.removeAttribute("aria-activedescendant");
  active = -1;
}

/** Handle a key of the list; return false for other keys. */
export function handle(event) {
  if (!isOpen()) return false;
  if (event.key === "Escape") close();
  else if (event.key === "ArrowDown" && items.length) activate((active + 1) % items.length);
  else if (event.key === "ArrowUp" && items.length) activate((active - 1 + items.length) % items.length);
  else if ((event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) && active >= 0) items[active].pick();
  else return false;
  event.preventDefault();
  return true;
}

function row(choice, number) {
  const element = make("li", { id: `choice-${number}`, aria: { role: "option", selected: "false" } }, make("span", {}, choice.name), choice.detail ? make("small", {}, choice.detail) : null);
  element.addEventListener("mousedown", (event) => event.preventDefault()); // the input keeps the focus
  element.addEventListener("mousemove", () => activate(number));
  element.addEventListener("click", () => choice.pick());
  return element;
}

function activate(number) {
  active = number;
  for (const [each, element] of [...at("choices").children].entries()) element.setAttribute("aria-selected", String(each === number));
  if (number < 0) return owner.removeAttribute("aria-activedescendant");
  owner.setAttribute("aria-activedescendant", `choice-${number}`);
  at("choices").children[number].scrollIntoView({ block: "nearest" });
}
