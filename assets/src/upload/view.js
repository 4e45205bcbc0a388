// Shows the list. Owns: rows, sums, and what the live region says. All words come from the page.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function size(bytes) {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power ? 1 : 0)} ${UNITS[power]}`;
}

/** `text` with each %(name)s replaced by the value of that name. */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}

export class View {
  constructor(root, words, actions) {
    this.root = root;
    this.words = words;
    this.actions = actions; // {pause, resume, cancel} of a job
    this.rows = new Map();
    this.dirty = new Set();
    this.template = root.querySelector("template[data-row]");
    this.list = root.querySelector("[data-list]");
    this.live = root.querySelector("[data-live]");
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  add(job) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const at = (name) => row.querySelector(`[data-${name}]`);
    at("name").textContent = job.path;
    at("size").textContent = size(job.file.size);
    at("progress").setAttribute("aria-label", job.path);
    for (const action of ["pause", "resume", "cancel"]) {
      const button = at(action);
      button.setAttribute("aria-label", `${button.textContent.trim()} ${job.path}`);
      button.addEventListener("click", () => this.actions[action](job));
    }
    this.rows.set(job, { row, at });
    this.list.append(row);
    this.draw(job);
  }

  /** Draws soon, once per frame however often the job changes. */
  changed(job) {
    if (!this.dirty.size) setTimeout(() => this.flush(), 50); // a frame would not come in a hidden tab
    this.dirty.add(job);
  }

  flush() {
    for (const job of this.dirty) this.draw(job);
    this.dirty.clear();
    this.drawSums(this.actions.sums());
  }

  draw(job) {
    const { row, at } = this.rows.get(job);
    const before = row.dataset.state;
    row.dataset.state = job.state;
    row.toggleAttribute("data-lost", Boolean(job.lost));
    const share = job.file.size ? Math.floor((job.progress / job.file.size) * 100) : Number(job.state === "received") * 100;
    at("progress").value = share;
    at("progress").hidden = job.over || job.state === "waiting";
    at("state-words").textContent = this.stateWords(job, share);
    at("pause").hidden = !job.running;
    at("resume").hidden = job.state !== "paused";
    at("cancel").hidden = job.over || job.state === "checking";
    if (job.hints) at("hint").textContent = job.hints;
    if (before !== job.state && job.over) this.drawEnd(job, at);
  }

  stateWords(job, share) {
    if (job.lost) return [this.words.lost, job.lost.message].filter(Boolean).join(" ");
    return fill(this.words[job.state], { percent: share });
  }

  drawEnd(job, at) {
    const end = at("end");
    end.replaceChildren();
    if (job.state === "received") this.drawReceipt(job.intake, end);
    if (job.state === "refused") end.textContent = [job.error.message, job.error.advice].filter(Boolean).join(" ");
    const told = [this.words[job.state], end.textContent].filter(Boolean).join(" ");
    this.say(`${job.path}: ${told}`);
  }

  drawReceipt(intake, end) {
    end.append(link(intake.url, fill(this.words.receipt, { number: intake.receipt })));
    if (!intake.duplicate) return;
    end.append(` ${this.words.duplicate} `);
    if (intake.first) end.append(link(intake.first.url, fill(this.words.first, { title: intake.first.title })));
    else end.append(this.words.firstHidden);
  }

  drawSums(sums) {
    const percent = sums.bytes ? Math.floor((sums.sent / sums.bytes) * 100) : 0;
    const values = { ...sums, percent, left: size(sums.bytes - sums.sent), total: size(sums.bytes) };
    this.part("sums").hidden = !sums.files;
    this.part("sum-words").textContent = fill(this.words.sums, values);
    this.part("sum-progress").value = sums.over === sums.files ? 100 : Math.min(percent, 99);
    const quarter = Math.floor(percent / 25);
    if (sums.running && quarter !== this.quarter) this.say(fill(this.words.sums, values));
    this.quarter = quarter;
    this.actions.summed(sums);
  }

  say(text) {
    this.live.append(Object.assign(document.createElement("p"), { textContent: text }));
    while (this.live.childElementCount > 5) this.live.firstElementChild.remove();
  }
}

function link(href, text) {
  return Object.assign(document.createElement("a"), { href, textContent: text });
}
