// Entry of the record page: finds the viewer and starts the part that it needs.
import { Pages } from "./pages.js";
import { play } from "./play.js";

const root = document.querySelector("[data-viewer]");
if (root) {
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  if (root.dataset.viewer === "pages") new Pages(root, data).start();
  else play(root, data);
}
// The first find in text that the server has marked: bring it into view when nothing else shows it.
if (!root && new URLSearchParams(location.search).get("q")) {
  document.querySelector(".unit mark")?.scrollIntoView({ block: "center" });
}
