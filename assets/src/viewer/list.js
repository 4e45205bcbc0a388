// The list of pages beside the picture: small pictures, drawn when they come into view.
import { fill } from "./words.js";

export class PageList {
  constructor(pages) {
    this.pages = pages;
    this.root = pages.part("list");
    this.list = this.root.querySelector("ol");
    this.items = [];
    this.found = new Set();
    this.seen = new IntersectionObserver((entries) => this.draw(entries), { root: this.list, rootMargin: "200px" });
  }

  fill() {
    const { data, words, count } = this.pages;
    this.root.hidden = count < 2;
    if (count < 2) return;
    for (const page of data.pages) {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", fill(words.page, { n: page.n }));
      const picture = document.createElement("span");
      picture.className = "page-thumb";
      const number = document.createElement("span");
      number.textContent = page.n;
      button.append(picture, number);
      button.addEventListener("click", () => this.pages.go(page.n));
      item.append(button);
      this.list.append(item);
      this.items.push(button);
      this.seen.observe(button);
      if (page.ratio) picture.style.aspectRatio = String(1 / page.ratio);
    }
    this.hits(this.found);
    this.mark(this.pages.page);
  }

  draw(entries) {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      this.seen.unobserve(entry.target);
      const number = this.items.indexOf(entry.target) + 1;
      this.pages.source.thumb(number).then(
        (element) => entry.target.firstChild.replaceChildren(element),
        () => {},
      );
    }
  }

  mark(number) {
    this.items.forEach((button, index) => {
      if (index + 1 === number) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    const button = this.items[number - 1];
    if (button) {
      const { list } = this;
      const top = button.parentElement.offsetTop - list.offsetTop;
      const left = button.parentElement.offsetLeft - list.offsetLeft;
      if (top < list.scrollTop || top + button.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
      if (left < list.scrollLeft || left + button.offsetWidth > list.scrollLeft + list.clientWidth) list.scrollLeft = left - list.clientWidth / 3;
    }
  }

  /** Pages with finds carry a sign, not only a colour. */
  hits(pages) {
    this.found = pages;
    this.items.forEach((button, index) => button.classList.toggle("has-hit", pages.has(index + 1)));
  }
}
