// Sets the theme before the first paint, so that the page does not flash in another theme. See main.js.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "dark";
