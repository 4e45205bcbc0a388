// Pages of a document, a scan or a picture: one page at a time, with the finds marked at their places.
import { Finds } from "./finds.js";
import { PageList } from "./list.js";
import { Source } from "./source.js";
import { pan } from "./pan.js";
import { fill } from "./words.js";

const STEP = 1.25;
const LEAST = 0.25;
const MOST = 8;

export class Pages {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.words = data.strings;
    this.source = new Source(data);
    this.stage = this.part("stage");
    this.sheet = this.part("sheet");
    this.note = this.part("note");
    this.key = `anjuan-turn-${root.dataset.record}`;
    this.rotation = Number(sessionStorage.getItem(this.key)) || 0;
    this.zoom = 1;
    this.page = 0;
    this.ratio = 1.414;
    this.drawn = null;
    this.fixed = "fixed" in root.dataset; // beside an editor: only the page that is edited
    this.turn = 0; // which drawing is the wanted one
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  async start() {
    this.wire();
    const wanted = Math.max(1, parseInt(this.root.dataset.page, 10) || 0);
    const query = this.root.dataset.query || "";
    this.count = this.data.pages.length;
    this.finds = new Finds(this);
    this.list = new PageList(this);
    const given = Boolean(parseInt(this.root.dataset.page, 10));
    const showing = this.show(Math.min(wanted, this.data.pdf ? wanted : this.count));
    this.finds.load(query, given ? wanted : 0);
    if (this.data.pdf && !Object.keys(this.data.images).length) {
      try {
        this.count = await this.source.count();
        while (this.data.pages.length < this.count) this.data.pages.push({ n: this.data.pages.length + 1 });
      } catch {
        this.say(this.words.failed);
      }
    }
    if (!this.fixed) this.list.fill();
    this.root.classList.toggle("is-single", this.count < 2);
    this.tell();
    await showing;
    this.root.dataset.ready = "";
  }

  say(text) {
    this.note.textContent = text;
  }

  wire() {
    const acts = {
      previous: () => this.go(this.page - 1),
      next: () => this.go(this.page + 1),
      in: () => this.scale(this.zoom * STEP),
      out: () => this.scale(this.zoom / STEP),
      fit: () => this.scale(1),
      rotate: () => this.rotate(90),
      "hit-back": () => this.finds.step(-1),
      "hit-on": () => this.finds.step(1),
    };
    this.root.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act) acts[act]();
    });
    const number = this.part("number");
    number.addEventListener("change", () => this.go(parseInt(number.value, 10) || this.page));
    this.part("find-form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      const query = event.target.elements.q.value;
      const address = new URL(location.href);
      if (query) address.searchParams.set("q", query);
      else address.searchParams.delete("q");
      history.replaceState(null, "", address);
      this.root.dataset.query = query;
      this.finds.load(query, 0).then(() => this.text(this.page));
    });
    this.stage.addEventListener("keydown", (event) => this.press(event, acts));
    pan(this.stage, (factor) => this.scale(this.zoom * factor));
    let width = 0;
    new ResizeObserver(() => {
      if (this.stage.clientWidth === width) return;
      width = this.stage.clientWidth;
      this.layout();
    }).observe(this.stage);
  }

  /** Keys work while the picture has the focus, so that they never take a letter from a form. */
  press(event, acts) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = { PageDown: "next", PageUp: "previous", "+": "in", "=": "in", "-": "out", 0: "fit", r: "rotate", n: "hit-on", p: "hit-back" };
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act) {
      event.preventDefault();
      acts[act]();
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      this.go(event.key === "Home" ? 1 : this.count);
    }
  }

  go(number) {
    if (this.fixed) return;
    if (number >= 1 && number <= this.count && number !== this.page) this.show(number);
    else this.tell();
  }

  /** Show a page; the address of the window follows, so that it can be passed on. */
  async show(number) {
    const mine = ++this.turn;
    this.page = number;
    const known = this.data.pages[number - 1];
    if (known?.ratio) this.ratio = known.ratio;
    this.tell();
    this.text(number);
    try {
      const drawn = await this.source.draw(number, this.width());
      if (mine !== this.turn) return;
      this.drawn = drawn;
      this.ratio = drawn.ratio;
      this.sheet.replaceChildren(drawn.element, this.finds.layer(number));
      this.say("");
      this.layout();
      this.finds.bring();
    } catch {
      if (mine !== this.turn) return;
      this.sheet.replaceChildren();
      this.say(this.words.failed);
    }
    const address = new URL(location.href);
    if (this.count > 1 && !this.fixed && address.searchParams.get("page") !== String(number)) {
      address.searchParams.set("page", number);
      history.replaceState(null, "", address);
    }
  }

  width() {
    const sideways = this.rotation % 180 !== 0;
    const room = Math.max(160, this.stage.clientWidth - 24);
    return (sideways ? room / this.ratio : room) * this.zoom;
  }

  /** Size and turn of the sheet; boxes are fractions of it, so they follow by themselves. */
  layout() {
    const width = this.width();
    const height = width * this.ratio;
    const sideways = this.rotation % 180 !== 0;
    const outer = sideways ? [height, width] : [width, height];
    Object.assign(this.sheet.style, {
      width: `${width}px`,
      height: `${height}px`,
      transform: `translate(${(outer[0] - width) / 2}px, ${(outer[1] - height) / 2}px) rotate(${this.rotation}deg)`,
      marginRight: `${outer[0] - width}px`,
      marginBottom: `${outer[1] - height}px`,
    });
    this.part("zoom").textContent = fill(this.words.zoom, { share: Math.round(this.zoom * 100) });
    clearTimeout(this.sharper);
    if (this.drawn?.element instanceof HTMLCanvasElement && this.drawn.element.width < width * devicePixelRatio * 0.9) {
      this.sharper = setTimeout(() => this.show(this.page), 250);
    }
  }

  scale(zoom) {
    const before = this.zoom;
    this.zoom = Math.min(MOST, Math.max(LEAST, zoom));
    if (Math.abs(this.zoom - 1) < 0.03) this.zoom = 1;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.stage;
    this.layout();
    const grown = this.zoom / before;
    this.stage.scrollTo((scrollLeft + clientWidth / 2) * grown - clientWidth / 2, (scrollTop + clientHeight / 2) * grown - clientHeight / 2);
  }

  rotate(degrees) {
    this.rotation = (this.rotation + degrees) % 360;
    sessionStorage.setItem(this.key, this.rotation);
    this.layout();
    this.finds.bring();
  }

  tell() {
    this.part("paging").hidden = this.count < 2 || this.fixed;
    this.part("number").value = this.page;
    this.part("count").textContent = `/ ${this.count}`;
    this.list?.mark(this.page);
    const correct = this.part("correct");
    if (correct) correct.href = correct.dataset.correct.replace(/\/0\//, `/${this.page}/`);
  }

  /** The text panel: what was read, by whom, how surely, with the finds marked. */
  async text(number) {
    const panel = this.part("text");
    if (!panel) return;
    const address = `${this.data.words.replace(/0\.json$/, `${number}.json`)}?q=${encodeURIComponent(this.root.dataset.query || "")}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (number !== this.page) return;
    const read = answer?.ok ? await answer.json() : { text: "" };
    const characters = Array.from(read.text);
    const pieces = [];
    let at = 0;
    for (const [start, end] of read.marks || []) {
      pieces.push(characters.slice(at, start).join(""));
      const mark = document.createElement("mark");
      mark.textContent = characters.slice(start, end).join("");
      pieces.push(mark);
      at = end;
    }
    pieces.push(characters.slice(at).join(""));
    panel.replaceChildren(...(read.text ? pieces : [this.words.noText]));
    this.part("source").textContent = this.origin(read);
    const correct = this.part("correct");
    if (correct) correct.hidden = !read.source;
  }

  origin(read) {
    if (!read.source) return "";
    const parts = [this.words[`source-${read.source}`] || read.source];
    if (read.source === "ocr" || read.source === "speech") parts.push(fill(this.words.machine, { engine: read.engine }));
    if (read.confidence !== null && read.source === "ocr") parts.push(fill(this.words.confidence, { share: Math.round(read.confidence * 100) }));
    return parts.join(" · ");
  }
}
