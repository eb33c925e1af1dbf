// Runs before anything is drawn, so that no page flashes in the other theme; the rest is in main.js.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
