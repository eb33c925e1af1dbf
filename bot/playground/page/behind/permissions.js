// The bot's permissions in each channel, with a box for each that gives it or takes it away.

import { at, draw, make } from "/dom.js";
import { t } from "/words.js";

const NAMES = {
  view_channel: "View Channels",
  send_messages: "Send Messages",
  send_messages_in_threads: "Send Messages in Threads",
};

const shown = { channels: [], permissions: {} };
let set = () => {};

/** Begin with the channels; a box calls `change(where, permission, may)`. */
export function drawPermissions(channels, change) {
  shown.channels = channels;
  set = change;
  redraw();
}

export function showPermissions(permissions) {
  shown.permissions = permissions;
  redraw();
}

function redraw() {
  const focused = document.activeElement?.dataset.permission;
  draw(at("permissions"), shown, ({ channels, permissions }) =>
    channels.filter(({ id }) => permissions[id]).map(({ where, name, id }) => channel(where, name, permissions[id])));
  if (focused) at("permissions").querySelector(`[data-permission="${focused}"]`)?.focus();
}

function channel(where, name, permissions) {
  const boxes = Object.entries(permissions).map(([permission, may]) => {
    const box = make("input", { type: "checkbox", checked: may, data: { permission: `${where} ${permission}` } });
    box.addEventListener("change", () => set(where, permission, box.checked));
    return make("label", {}, box, t(NAMES[permission]));
  });
  return make("fieldset", { data: { channel: name } }, make("legend", {}, t("The bot in #{name}", { name })), ...boxes);
}
