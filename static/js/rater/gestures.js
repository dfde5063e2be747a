// Fingers, mouse and wheel on the stage: tap, drag, pinch, hold.

import { frames } from "./stage.js";

const HOLD_MS = 350;
const SLACK_PX = 8;

export const gestures = (stage, { level, zoomed, zoom, pan, flip, tapped }) => {
  const fingers = new Map(); // pointer → { x, y }
  let press = null; // of the first finger: { index, x, y, moved, flipped, timer }
  let pinch = null; // { distance, level }

  const between = () => {
    const [one, two] = [...fingers.values()];
    return { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2, distance: Math.hypot(one.x - two.x, one.y - two.y) };
  };

  const down = (event) => {
    const index = frames().findIndex((frame) => frame.contains(event.target));
    if (event.button || index === -1 || fingers.size === 2) return;
    // A control that a protocol laid over the picture keeps its own clicks.
    if (event.target.closest("button, input, label, a")) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    frames()[index].setPointerCapture?.(event.pointerId);
    if (fingers.size === 2) {
      if (press) press.moved = true;
      clearTimeout(press?.timer);
      flip();
      pinch = { distance: between().distance, level: level() };
      return;
    }
    press = { index, x: event.clientX, y: event.clientY, moved: false, flipped: false };
    if (event.pointerType === "mouse" || frames().length !== 2) return;
    press.timer = setTimeout(() => {
      if (!press || press.moved) return;
      press.flipped = true;
      flip(press.index);
    }, HOLD_MS);
  };

  const move = (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const by = { x: event.clientX - finger.x, y: event.clientY - finger.y };
    Object.assign(finger, { x: event.clientX, y: event.clientY });
    if (pinch) {
      const { x, y, distance } = between();
      zoom((pinch.level * distance) / pinch.distance, { index: press?.index ?? 0, x, y });
      if (zoomed()) pan(by.x / 2, by.y / 2);
      return;
    }
    if (!press || press.flipped) return;
    if (!press.moved && Math.hypot(finger.x - press.x, finger.y - press.y) <= SLACK_PX) return;
    press.moved = true;
    if (zoomed()) pan(by.x, by.y);
  };

  const up = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    const was = press;
    if (fingers.size < 2) pinch = null;
    if (fingers.size) return;
    press = null;
    clearTimeout(was?.timer);
    if (was?.flipped) flip();
    else if (was && !was.moved && event.type === "pointerup") tapped({ index: was.index, x: event.clientX, y: event.clientY }, event);
  };

  stage.addEventListener("pointerdown", down);
  stage.addEventListener("pointermove", move);
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);
  stage.addEventListener("contextmenu", (event) => event.target.closest(".frame") && event.preventDefault());
  stage.addEventListener("wheel", (event) => {
    const index = Math.max(0, frames().findIndex((frame) => frame.contains(event.target)));
    const scrolls = document.documentElement.scrollHeight > window.innerHeight + 1;
    // Two fingers on a touchpad come as a wheel with Ctrl.
    if (!event.ctrlKey && !zoomed() && (scrolls || event.deltaY > 0)) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 33 : 1;
    const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002));
    zoom(level() * factor, { index, x: event.clientX, y: event.clientY });
  }, { passive: false });
};
