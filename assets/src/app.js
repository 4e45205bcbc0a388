// Behaviours of every page: htmx, copy buttons, dialogs, menus, tabs. All words come from the page.
import htmx from "htmx.org/dist/htmx.esm.js";

window.htmx = htmx;
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;

const say = (text) => {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
};

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("meta[name=csrf-token]");
  if (token) event.detail.headers["X-CSRFToken"] = token.content;
});

const actions = {
  async copy(button) {
    await navigator.clipboard.writeText(button.dataset.copy);
    const before = button.textContent;
    button.textContent = button.dataset.done;
    say(button.dataset.done);
    setTimeout(() => { button.textContent = before; }, 2000);
  },
  dialog(button) {
    document.getElementById(button.dataset.dialog)?.showModal();
  },
  close(button) {
    button.closest("dialog")?.close();
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy],[data-dialog],[data-close-dialog]");
  if (button) {
    if ("copy" in button.dataset) actions.copy(button);
    else if ("dialog" in button.dataset) actions.dialog(button);
    else actions.close(button);
    return;
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    const box = document.getElementById("site-search");
    if (box) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  }
  if (event.key === "Escape") {
    const menu = event.target.closest?.("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
});

// Tabs: <div data-tabs><div role=tablist><button role=tab aria-controls=…>…; without JavaScript all panels show.
function tabs(root) {
  const all = [...root.querySelectorAll(":scope > [role=tablist] > [role=tab]")];
  const show = (tab, focus) => {
    for (const one of all) {
      const on = one === tab;
      one.setAttribute("aria-selected", String(on));
      one.tabIndex = on ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = !on;
    }
    if (focus) tab.focus();
  };
  root.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (all.includes(tab)) show(tab);
  });
  root.addEventListener("keydown", (event) => {
    const at = all.indexOf(event.target);
    if (at < 0) return;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(all[(to + all.length) % all.length], true);
  });
  root.querySelector(":scope > [role=tablist]").hidden = false;
  const wanted = location.hash && root.querySelector(location.hash.replace(/[^#\w-]/g, ""));
  show(all.find((tab) => wanted && document.getElementById(tab.getAttribute("aria-controls")).contains(wanted)) || all[0]);
}

for (const root of document.querySelectorAll("[data-tabs]")) tabs(root);

// A wide table can be scrolled by keyboard only while it has something to scroll.
const fit = () => {
  for (const wrap of document.querySelectorAll(".table-wrap")) {
    if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;
    else wrap.removeAttribute("tabindex");
  }
};
fit();
addEventListener("resize", fit);
document.addEventListener("htmx:afterSettle", fit);
