// The finds in a document: their list comes from the server, which matches as the search does.
import { fill } from "./words.js";

export class Finds {
  constructor(pages) {
    this.pages = pages;
    this.all = [];
    this.at = -1;
  }

  /** Ask for the finds; then go to the first one on or after page `from`, or only mark when a page was asked for. */
  async load(query, from) {
    const { root, words } = this.pages;
    const bar = this.pages.part("hits");
    this.all = [];
    this.at = -1;
    bar.hidden = !query.trim();
    if (query.trim()) {
      this.say(words.searching);
      const answer = await fetch(`${root.dataset.find}?q=${encodeURIComponent(query)}`).catch(() => null);
      this.all = answer?.ok ? (await answer.json()).hits : [];
    }
    this.pages.list?.hits(new Set(this.all.map((hit) => hit.page)));
    this.redraw();
    if (!this.all.length) {
      if (query.trim()) this.say(words.noHit);
      return;
    }
    const here = this.all.findIndex((hit) => hit.page === from);
    if (here >= 0) this.choose(here);
    else if (!from) this.choose(0);
    else this.say(fill(words.hits, { n: this.all.length }));
    root.dataset.found = this.all.length;
  }

  say(text) {
    this.pages.part("hit-words").textContent = text;
  }

  step(by) {
    if (!this.all.length) return;
    this.choose((this.at + by + this.all.length) % this.all.length);
  }

  choose(index) {
    this.at = index;
    this.say(fill(this.pages.words.hit, { n: index + 1, all: this.all.length }));
    const hit = this.all[index];
    if (hit.page !== this.pages.page) {
      this.pages.show(hit.page);
    } else {
      this.redraw();
      this.bring();
    }
    if (!hit.boxes.length) this.pages.say(this.pages.words.unplaced);
  }

  /** The boxes of a page, as fractions of its picture. */
  layer(number) {
    const layer = document.createElement("div");
    layer.className = "hit-layer";
    this.all.forEach((hit, index) => {
      if (hit.page !== number) return;
      for (const [left, top, right, bottom] of hit.boxes) {
        const box = document.createElement("span");
        box.className = index === this.at ? "hit hit-now" : "hit";
        Object.assign(box.style, {
          left: `${left * 100}%`,
          top: `${top * 100}%`,
          width: `${(right - left) * 100}%`,
          height: `${(bottom - top) * 100}%`,
        });
        layer.append(box);
      }
    });
    return layer;
  }

  redraw() {
    const old = this.pages.sheet.querySelector(".hit-layer");
    if (old) old.replaceWith(this.layer(this.pages.page));
  }

  /** Scroll the present find into view, inside the stage only. */
  bring() {
    const box = this.pages.sheet.querySelector(".hit-now");
    if (!box) return;
    const { stage } = this.pages;
    const room = stage.getBoundingClientRect();
    const place = box.getBoundingClientRect();
    stage.scrollBy(
      place.left + place.width / 2 - room.left - room.width / 2,
      place.top + place.height / 2 - room.top - room.height / 2,
    );
  }
}
