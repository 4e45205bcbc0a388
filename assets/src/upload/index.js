// The upload page: joins the form, the list and the queue.

import { api, insist } from "./http.js";
import { dropped, picked, sift } from "./files.js";
import { Queue } from "./queue.js";
import { View, fill } from "./view.js";

const SUGGESTED_AT_ONCE = 500;
const SEVERAL = new Set(["methods", "contents"]);

function described(form, job) {
  const given = {};
  for (const [name, value] of new FormData(form)) {
    if (!value || name === "csrfmiddlewaretoken" || name === "use_suggestions") continue;
    if (SEVERAL.has(name)) (given[name] ??= []).push(value);
    else given[name] = value;
  }
  const hints = form.elements.use_suggestions?.checked ? job.suggestions : {};
  for (const [name, hint] of Object.entries(hints)) given[name] ??= hint.id || hint.value;
  return given;
}

/** The delivery that the files go into: the open one of last time, or a new one when the first file needs it. */
function deliveries(base, open) {
  let id = open ? Promise.resolve(open) : null;
  const make = async () => (await api("POST", `${base}/deliveries`, { json: { door: "page" } })).id;
  return {
    id: () => (id ??= make().catch((error) => { id = null; throw error; })),
    async close() {
      const made = await id;
      id = null;
      return made && insist(() => api("POST", `${base}/deliveries/${made}/close`));
    },
  };
}

function onDrop(zone, take) {
  const mark = (on) => (event) => {
    event.preventDefault();
    zone.classList.toggle("is-over", on);
  };
  zone.addEventListener("dragenter", mark(true));
  zone.addEventListener("dragover", mark(true));
  zone.addEventListener("dragleave", mark(false));
  zone.addEventListener("drop", (event) => {
    mark(false)(event);
    dropped(event.dataTransfer).then(take);
  });
}

function onDiscard(root, base) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-discard]");
    if (!button) return;
    await insist(() => api("DELETE", `${base}/uploads/${button.dataset.discard}`));
    const list = button.closest("ul");
    button.closest("li").remove();
    if (!list.childElementCount) root.querySelector("[data-unfinished]").remove();
  });
}

/** Asks what the names hint at; a file is not sent before its answer is there (or cannot be had). */
function suggest(base, jobs, view) {
  for (let from = 0; from < jobs.length; from += SUGGESTED_AT_ONCE) {
    const some = jobs.slice(from, from + SUGGESTED_AT_ONCE);
    const asked = suggestSome(base, some, view);
    for (const job of some) job.ready = asked;
  }
}

async function suggestSome(base, some, view) {
  const answer = await api("POST", `${base}/suggestions`, { json: { paths: some.map((job) => job.path) } }).catch(() => null);
  some.forEach((job, index) => {
    job.suggestions = answer?.suggestions[index]?.fields || {};
    job.hints = answer?.suggestions[index]?.words || "";
    view.changed(job);
  });
}

export function start(root) {
  const words = JSON.parse(document.getElementById("upload-words").textContent);
  const { base, small } = root.dataset;
  const form = root.querySelector("form[data-description]");
  const delivery = deliveries(base, root.dataset.delivery);
  const queue = new Queue({
    base,
    words,
    small: Number(small),
    delivery: delivery.id,
    description: (job) => described(form, job),
    changed: (job) => view.changed(job),
  });
  const buttons = Object.fromEntries(
    ["start", "pause-all", "resume-all", "close"].map((name) => [name, root.querySelector(`[data-${name}]`)]),
  );
  const summed = (sums) => {
    const idle = !sums.running && sums.over < sums.files;
    buttons.start.hidden = !idle || sums.paused > 0 || queue.started;
    buttons["pause-all"].hidden = !sums.running;
    buttons["resume-all"].hidden = !sums.paused;
    buttons.close.hidden = !sums.files || sums.over < sums.files || !sums.received;
  };
  const view = new View(root, words, {
    pause: (job) => job.pause(),
    resume: (job) => queue.resume(job),
    cancel: (job) => job.cancel(),
    sums: () => queue.sums(),
    summed,
  });
  const take = (found) => {
    const { kept, leftOut } = sift(found);
    const jobs = queue.add(kept);
    for (const job of jobs) view.add(job);
    suggest(base, jobs, view);
    queue.fill();
    if (leftOut) view.say(fill(words.leftOut, { count: leftOut }));
    view.say(fill(words.added, { count: jobs.length }));
    view.drawSums(queue.sums());
  };
  for (const input of root.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      const files = picked(input.files);
      input.value = ""; // the same file can be picked again
      take(files);
    });
  }
  onDrop(root.querySelector("[data-drop]"), take);
  onDiscard(root, base);
  buttons.start.addEventListener("click", () => form.reportValidity() && queue.start());
  buttons["pause-all"].addEventListener("click", () => queue.pauseAll());
  buttons["resume-all"].addEventListener("click", () => queue.resumeAll());
  buttons.close.addEventListener("click", async () => {
    const closed = await delivery.close();
    if (closed) location.assign(closed.url);
  });
  addEventListener("beforeunload", (event) => {
    if (queue.sums().running) event.preventDefault();
  });
  root.dataset.ready = "";
}
