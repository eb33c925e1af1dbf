// A form that the bot opened. The dialog keeps the focus and closes on Escape; this discards the input.

import { call } from "/api.js";
import { at, make } from "/dom.js";
import { said, t } from "/words.js";

let send = () => {};

export function openModal(modal, me) {
  at("modal-title").textContent = modal.title;
  at("modal-error").textContent = "";
  at("modal-fields").replaceChildren(...modal.fields.flatMap(field));
  send = (fields) => call("submit", { ...me, modal: modal.id, fields });
  at("modal").showModal();
  at("modal-fields").querySelector("input, textarea, select")?.focus();
}

function field(data) {
  const id = `field-${data.custom_id}`;
  const required = data.required !== false;
  const properties = { id, name: data.custom_id, required, placeholder: data.placeholder ?? "", value: data.value ?? "", spellcheck: false };
  const input = make(data.style === 2 ? "textarea" : "input", properties);
  if (data.max_length) input.maxLength = data.max_length;
  if (data.style === 2) input.rows = 4;
  const parts = [make("label", { htmlFor: id }, data.label ?? "", required ? "" : t(" (optional)"))];
  if (data.description) {
    parts.push(make("p", { className: "hint", id: `${id}-hint` }, data.description));
    input.setAttribute("aria-describedby", `${id}-hint`);
  }
  return [...parts, input];
}

at("modal-cancel").addEventListener("click", () => at("modal").close());
at("modal-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("modal-submit").disabled = true;
  try {
    await send(Object.fromEntries(new FormData(event.target)));
    at("modal").close();
  } catch (error) {
    at("modal-error").textContent = said(error.message);
  } finally {
    at("modal-submit").disabled = false;
  }
});
