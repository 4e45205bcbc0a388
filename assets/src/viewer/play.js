// Sound and film: jumps to ?t=, to the words asked for, and from transcript, key frames and waveform.

export function play(root, data) {
  const media = root.querySelector("[data-media]");
  const lines = [...root.querySelectorAll("[data-transcript] > li")];
  const note = root.querySelector("[data-note]");
  const wanted = parseFloat(root.dataset.time);
  const marked = lines.find((line) => line.querySelector("mark"));
  const first = Number.isFinite(wanted) ? wanted : marked ? Number(marked.dataset.start) / 1000 : null;

  if (!media) {
    marked?.scrollIntoView({ block: "center" });
    return;
  }
  const seek = (seconds, start) => {
    const go = () => {
      media.currentTime = seconds;
      if (start) media.play().catch(() => {});
    };
    if (media.readyState >= 1) go();
    else media.addEventListener("loadedmetadata", go, { once: true });
  };
  if (first !== null) seek(first, false);

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-seek],[data-skip]");
    if (!button) return;
    if (button.dataset.seek) seek(Number(button.dataset.seek) / 1000, true);
    else media.currentTime = Math.max(0, media.currentTime + Number(button.dataset.skip));
  });
  const rate = root.querySelector("[data-rate]");
  rate?.addEventListener("change", () => { media.playbackRate = Number(rate.value); });
  media.addEventListener("error", () => { note.textContent = data.strings.noPlay; });

  const follow = () => {
    const now = media.currentTime * 1000 + 1;
    let current = null;
    for (const line of lines) if (Number(line.dataset.start) <= now) current = line;
    for (const line of lines) {
      if (line === current) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
    if (current) {
      const list = current.parentElement;
      const top = current.offsetTop - list.offsetTop;
      if (top < list.scrollTop || top + current.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
    }
  };
  media.addEventListener("timeupdate", follow);
  media.addEventListener("seeked", follow);
  if (data.wave) wave(root, media, data);
  root.dataset.ready = "";
}

/** The waveform: peaks from the derivative, the played part in the accent colour; a click jumps there. */
async function wave(root, media, data) {
  const canvas = root.querySelector("[data-wave]");
  const answer = await fetch(data.wave).catch(() => null);
  if (!answer?.ok) return;
  const read = await answer.json().catch(() => null);
  const raw = Array.isArray(read) ? read : read?.peaks || read?.data || [];
  const peaks = raw.map((peak) => (Array.isArray(peak) ? Math.max(...peak.map(Math.abs)) : Math.abs(peak)));
  const top = peaks.reduce((most, peak) => Math.max(most, peak), 0) || 1;
  if (!peaks.length) return;
  canvas.hidden = false;
  const length = () => media.duration || (data.duration || 0) / 1000 || 1;
  const draw = () => {
    const density = devicePixelRatio || 1;
    const width = (canvas.width = Math.max(1, Math.round(canvas.clientWidth * density)));
    const height = (canvas.height = Math.round(72 * density));
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const played = (media.currentTime / length()) * width;
    const bars = Math.min(peaks.length, Math.floor(width / (3 * density)));
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar * peaks.length) / bars);
      const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars));
      let high = 0;
      for (let index = from; index < to; index += 1) high = Math.max(high, peaks[index]);
      const tall = Math.max(2, (high / top) * height);
      const left = (bar * width) / bars;
      pen.fillStyle = style.getPropertyValue(left <= played ? "--accent" : "--line-strong");
      pen.fillRect(left, (height - tall) / 2, Math.max(1, (width / bars) * 0.65), tall);
    }
  };
  canvas.addEventListener("click", (event) => {
    media.currentTime = (event.offsetX / canvas.clientWidth) * length();
  });
  for (const name of ["timeupdate", "seeked", "loadedmetadata"]) media.addEventListener(name, draw);
  addEventListener("resize", draw);
  draw();
}
