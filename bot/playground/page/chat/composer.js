// The input at the bottom: text, or a slash command with its options and autocomplete.

import { call } from "/api.js";
import { at, make } from "/dom.js";
import * as palette from "/chat/palette.js";
import { t } from "/words.js";

const NUMBER = 4;
const TRUTH = 5;
const TRUTHS = [true, false];

export class Composer {
  /** `here()` returns {person, where, locale}; `send(path, body)` calls the API and shows errors. */
  constructor({ here, send }) {
    this.here = here;
    this.send = send;
    this.commands = [];
    this.command = null;
    this.asked = 0;
    at("composer").addEventListener("submit", (event) => this.submit(event));
    at("typed").addEventListener("keydown", (event) => this.key(event));
    at("composer").addEventListener("focusout", (event) => {
      if (!at("composer").contains(event.relatedTarget)) palette.close();
    });
    this.clear();
  }

  /** Show an empty text input for the current channel. */
  clear(label = at("text")?.placeholder ?? "") {
    this.command = null;
    this.text = combobox({ id: "text", placeholder: label, aria: { label } });
    this.text.addEventListener("input", () => this.offerCommands());
    at("typed").replaceChildren(this.text);
    palette.close();
  }

  focus() {
    (at("typed").querySelector("label input:placeholder-shown") ?? at("typed").querySelector("input")).focus();
  }

  offerCommands() {
    const typed = this.text.value;
    if (!typed.startsWith("/")) return palette.close();
    const exact = this.commands.find((each) => this.names(each).some((name) => typed === `/${name} `));
    if (exact) return this.choose(exact);
    const wanted = typed.slice(1).toLowerCase();
    const found = this.commands.filter((each) => this.names(each).some((name) => name.includes(wanted)));
    palette.offer(this.text, t("Commands"), found.map((each) => ({ name: `/${this.name(each)}`, detail: this.description(each), pick: () => this.choose(each) })));
  }

  /** Return the name in the language of this person's client, as Discord does. */
  name(each) {
    return each.name_localizations?.[this.here().locale] ?? each.name;
  }

  names(each) {
    return [each.name, this.name(each)];
  }

  description(each) {
    return each.description_localizations?.[this.here().locale] ?? each.description;
  }

  /** Begin this command: show inputs for its required options, and buttons that add the others. */
  choose(command) {
    const placeholder = this.text.placeholder;
    this.command = command;
    palette.close();
    const optional = command.options.filter((each) => !each.required);
    const more = optional.map((option) => {
      const button = make("button", { type: "button", className: "more", title: this.description(option) }, `+ ${this.name(option)}`);
      button.addEventListener("click", () => {
        const added = this.field(option);
        button.replaceWith(added);
        added.querySelector("input").focus();
      });
      return button;
    });
    const name = make("span", { className: "command", tabIndex: -1 }, `/${this.name(command)}`);
    at("typed").replaceChildren(name, ...command.options.filter((each) => each.required).map((each) => this.field(each)), ...more);
    this.text.placeholder = placeholder;
    (at("typed").querySelector("input") ?? at("send")).focus();
  }

  field(option) {
    const input = combobox({ name: option.name, placeholder: " ", aria: { label: `${this.name(option)}: ${this.description(option)}` } });
    input.option = option;
    input.addEventListener("focus", () => this.offerValues(input));
    input.addEventListener("input", () => {
      delete input.chosen;
      input.parentElement.classList.remove("missing");
      this.offerValues(input);
    });
    return make("label", { title: this.description(option) }, make("span", {}, this.name(option)), input);
  }

  async offerValues(input) {
    const { option } = input;
    const turn = ++this.asked;
    const wanted = input.value.toLowerCase();
    let choices = option.choices ?? (option.type === TRUTH ? TRUTHS.map((value) => ({ name: t(value ? "True" : "False"), value })) : null);
    if (choices) {
      choices = choices.filter((each) => each.name.toLowerCase().includes(wanted));
    } else if (option.autocomplete) {
      const { [option.name]: value, ...options } = { [option.name]: input.value, ...this.values() };
      const body = { ...this.here(), command: this.command.name, option: option.name, value: String(value), options };
      choices = await call("complete", body).then((answer) => answer.choices, () => null);
    }
    if (turn !== this.asked || document.activeElement !== input) return;
    if (!choices || input.chosen !== undefined) return palette.close();
    palette.offer(input, this.description(option), choices.map((each) => ({ name: each.name, pick: () => this.take(input, each) })));
  }

  take(input, choice) {
    input.value = choice.name;
    input.chosen = choice.value;
    palette.close();
    this.next(input)?.focus();
  }

  /** Return the next required option without a value. */
  next(input) {
    return this.inputs().find((each) => each !== input && each.option.required && !each.value);
  }

  inputs() {
    return [...at("typed").querySelectorAll("label input")];
  }

  values() {
    const given = this.inputs().filter((each) => each.value || each.chosen !== undefined);
    return Object.fromEntries(given.map((each) => [each.name, each.chosen ?? (each.option.type === NUMBER ? Number(each.value) : each.value)]));
  }

  key(event) {
    if (event.isComposing || palette.handle(event)) return;
    const { target } = event;
    if (!this.command) return;
    const empty = event.key === "Backspace" && target.value === "";
    if (empty && target.option && !target.option.required) this.choose(this.command);
    else if (event.key === "Escape" || empty) {
      this.clear(this.text.placeholder);
      this.focus();
    } else return;
    event.preventDefault();
  }

  async submit(event) {
    event.preventDefault();
    if (!this.command) {
      const text = this.text.value;
      if (!text.trim() || text.startsWith("/")) return this.offerCommands();
      this.clear(this.text.placeholder);
      this.focus();
      return this.send("say", { ...this.here(), text });
    }
    const missing = this.inputs().find((each) => each.option.required && !each.value);
    if (missing) {
      missing.parentElement.classList.add("missing");
      return missing.focus();
    }
    const body = { ...this.here(), command: this.command.name, options: this.values() };
    this.clear(this.text.placeholder);
    this.focus();
    return this.send("slash", body);
  }
}

function combobox({ aria, ...properties }) {
  return make("input", {
    spellcheck: false,
    autocomplete: "off",
    ...properties,
    aria: { role: "combobox", autocomplete: "list", expanded: "false", controls: "choices", ...aria },
  });
}
