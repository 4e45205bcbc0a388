// Moving a picture by mouse and zooming by wheel and by two fingers. Arrow keys scroll by themselves.

export function pan(stage, zoom) {
  const fingers = new Map();
  let apart = 0;
  stage.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    fingers.set(event.pointerId, event);
    apart = 0;
    if (event.pointerType === "mouse") {
      stage.setPointerCapture(event.pointerId);
      stage.classList.add("is-moving");
    }
  });
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    fingers.set(event.pointerId, event);
    if (fingers.size === 2) {
      const [one, two] = [...fingers.values()];
      const now = Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
      if (apart && Math.abs(now / apart - 1) > 0.04) {
        zoom(now / apart);
        apart = now;
      }
      apart ||= now;
    } else if (event.pointerType === "mouse") {
      stage.scrollBy(before.clientX - event.clientX, before.clientY - event.clientY);
    }
  });
  const end = (event) => {
    fingers.delete(event.pointerId);
    if (!fingers.size) stage.classList.remove("is-moving");
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
  stage.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return; // the plain wheel scrolls
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
    },
    { passive: false },
  );
}
