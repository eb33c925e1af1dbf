// Discord's markup, rendered like in its client.

import { make } from "/dom.js";
import { moment } from "/chat/moments.js";

const names = new Map();
const INLINE = new RegExp(
  [
    /\\(?<escaped>[!-/:-@[-`{-~])/,
    /``(?<code2>.+?)``|`(?<code>[^`]+)`/,
    /\*\*\*(?<boldItalic>.+?)\*\*\*/,
    /\*\*(?<bold>.+?)\*\*/,
    /__(?<underline>.+?)__/,
    /~~(?<struck>.+?)~~/,
    /\|\|(?<spoiler>.+?)\|\|/,
    /\*(?<italic>[^\s*](?:.*?[^\s*])?)\*(?!\*)/,
    /(?<![\p{L}\d])_(?<italic2>[^_]+)_(?![\p{L}\d])/u,
    /\[(?<label>(?:\\.|[^\]\\])+)\]\(<?(?<masked>https?:\/\/[^\s<>)]+)>?\)/,
    /<(?<quiet>https?:\/\/[^\s<>]+)>/,
    /<t:(?<stamp>-?\d{1,13})(?::(?<style>[tTdDfFR]))?>/,
    /<@!?(?<user>\d+)>/,
    /<\/(?<command>[^:>]+):\d+>/,
    /(?<bare>https?:\/\/[^\s<>]*[^\s<>.,:;"'\])])/,
  ].map((each) => each.source).join("|"),
  "gsu",
);

/** Store the names of user ids, for mentions. */
export function learnNames(all) {
  for (const [id, name] of Object.entries(all)) names.set(id, name);
}

export const nameOf = (id) => names.get(id) ?? "unknown";

/** Return blocks of text as elements; leaving.js asks before a link opens. */
export function markup(text) {
  const blocks = [];
  for (const [number, part] of text.split(/```(?:[\w+-]*\n)?([\s\S]*?)```\n?/).entries()) {
    if (number % 2) blocks.push(make("pre", {}, make("code", {}, part.replace(/\n$/, ""))));
    else blocks.push(...lines(part.split("\n")));
  }
  return blocks;
}

export function inline(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(from, found.index));
    from = found.index + found[0].length;
    parts.push(piece(found.groups, found[0]));
  }
  return [...parts, text.slice(from)];
}

export function link(label, address) {
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...[label].flat());
}

function lines(all) {
  const blocks = [];
  for (const line of all) {
    const [, mark, rest] = line.match(/^(#{1,3}|-#|>|\s*[-*]|\s*\d+\.)\s+(.*)/) ?? [];
    const kind = mark?.trim();
    const last = blocks.at(-1);
    if (!line.trim()) continue;
    if (kind?.startsWith("#")) blocks.push(make(`h${kind.length + 2}`, {}, ...inline(rest)));
    else if (kind === "-#") blocks.push(make("p", { className: "small" }, ...inline(rest)));
    else if (kind === ">") blocks.push(make("blockquote", {}, ...inline(rest)));
    else if (kind === "-" || kind === "*") item(blocks, last, "UL", rest);
    else if (kind) item(blocks, last, "OL", rest, Number.parseInt(kind, 10));
    else blocks.push(make("p", {}, ...inline(line)));
  }
  return blocks;
}

function item(blocks, last, tag, text, start = 1) {
  const list = last?.tagName === tag ? last : make(tag.toLowerCase(), tag === "OL" ? { start } : {});
  if (list !== last) blocks.push(list);
  list.append(make("li", {}, ...inline(text)));
}

function piece(found, whole) {
  const within = (tag, text) => make(tag, {}, ...inline(text));
  if (found.escaped) return found.escaped;
  if (found.code2 || found.code) return make("code", {}, found.code2 ?? found.code);
  if (found.boldItalic) return make("strong", {}, within("em", found.boldItalic));
  if (found.bold) return within("strong", found.bold);
  if (found.underline) return within("u", found.underline);
  if (found.struck) return within("s", found.struck);
  if (found.spoiler) return make("details", { className: "spoiler" }, within("summary", found.spoiler));
  if (found.italic || found.italic2) return within("em", found.italic ?? found.italic2);
  if (found.masked) return link(inline(found.label), found.masked);
  if (found.quiet || found.bare) return link(found.quiet ?? found.bare, found.quiet ?? found.bare);
  if (found.stamp) return moment(Number(found.stamp), found.style);
  if (found.user) return make("span", { className: "mention" }, `@${nameOf(found.user)}`);
  if (found.command) return make("button", { type: "button", className: "mention", data: { command: found.command } }, `/${found.command}`);
  return whole;
}
