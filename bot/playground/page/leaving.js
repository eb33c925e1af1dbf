// Like Discord, the page asks for confirmation before it opens a link.

import { at } from "/dom.js";

at("messages").addEventListener("click", (event) => {
  const anchor = event.target.closest("a[href]");
  if (!anchor) return;
  event.preventDefault();
  at("leaving-address").textContent = anchor.href;
  at("leaving-go").href = anchor.href;
  at("leaving").showModal();
  at("leaving-go").focus();
});
at("leaving-stay").addEventListener("click", () => at("leaving").close());
at("leaving-go").addEventListener("click", () => at("leaving").close());
