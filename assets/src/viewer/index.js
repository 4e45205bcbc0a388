const root = document.querySelector("[data-viewer]");
