// Zoom and flip of all pictures at once: the same spot in each, so that they can be compared.

import { gestures } from "./gestures.js";
import { frames, mark, panes } from "./stage.js";

const MOST = 8;

export const zoomer = (stage, button, { used, tap }) => {
  const scale = document.getElementById("scale");
  let level = 0; // screen pixels per picture pixel; 0: as large as fits
  let at = { x: 0, y: 0 }; // shift of the picture's centre, as a share of its size
  let flipped = false;

  // A protocol may hide some of its pictures.
  const seen = () => frames().find((frame) => frame.clientWidth) ?? frames()[0];
  const width = () => seen()?.clientWidth ?? 0;
  const natural = () => (seen()?.querySelector(":scope > img")?.naturalWidth ?? 0) / window.devicePixelRatio;
  const fitting = () => width() / natural();

  const paint = () => {
    const size = natural() * level;
    const frame = seen();
    const reach = (length) => Math.max(0, (size - length) / 2) / (size || 1);
    const limit = (value, length) => Math.max(-reach(length), Math.min(reach(length), value));
    stage.classList.toggle("stage--zoomed", level > 0);
    at = { x: limit(at.x, frame.clientWidth), y: limit(at.y, frame.clientHeight) };
    stage.style.setProperty("--zoom", `${size}px`);
    stage.style.setProperty("--x", `${at.x * size}px`);
    stage.style.setProperty("--y", `${at.y * size}px`);
    scale.hidden = level === 0;
    scale.textContent = `${Math.round(level * 100)} %`;
    button.setAttribute("aria-pressed", String(level > 0));
  };

  // The first step is one picture pixel per screen pixel, unless that would hardly enlarge.
  const firstLevel = () => Math.max(1, Math.ceil(fitting() * 1.3));

  // Where a place of the screen lies in the picture, as shares of its size.
  const spot = (index, x, y) => {
    const box = frames()[index].getBoundingClientRect();
    const size = level ? natural() * level : box.width;
    const off = level ? at : { x: 0, y: 0 };
    return { x: 0.5 - off.x + (x - box.left - box.width / 2) / size, y: 0.5 - off.y + (y - box.top - box.height / 2) / size };
  };

  // `hold` stays under the finger: { index, x, y } on the screen. Without it the middle stays.
  const zoom = (wanted, hold) => {
    if (!(natural() > 0)) return;
    const fixed = hold && spot(hold.index, hold.x, hold.y);
    level = wanted <= fitting() * 1.02 ? 0 : Math.min(wanted, Math.max(MOST, firstLevel()));
    if (level) used();
    if (!level) at = { x: 0, y: 0 };
    paint();
    if (!level || !fixed) return;
    const now = spot(hold.index, hold.x, hold.y);
    at = { x: at.x + now.x - fixed.x, y: at.y + now.y - fixed.y };
    paint();
  };

  const panBy = (x, y) => {
    at = { x: at.x + x, y: at.y + y };
    paint();
  };

  // Lays the other picture over pane `target`; without one, both lie where they belong.
  const flip = (target) => {
    const [all, boxes] = [frames(), panes()];
    if (all.length !== 2 || flipped === (target !== undefined)) return;
    flipped = target !== undefined;
    stage.classList.toggle("stage--flipped", flipped);
    boxes.forEach((pane, index) => {
      all[index].style.transform = "";
      pane.style.zIndex = "";
      pane.querySelector("figcaption").textContent = !flipped ? mark(index, 2) : index === target ? mark(1 - target, 2) : "";
    });
    if (!flipped) return;
    const here = all[target].getBoundingClientRect();
    const there = all[1 - target].getBoundingClientRect();
    all[1 - target].style.transform = `translate(${here.left - there.left}px, ${here.top - there.top}px)`;
    boxes[1 - target].style.zIndex = 1;
    used();
  };

  const toggle = (hold) => zoom(level ? 0 : firstLevel(), hold);
  const tapped = (hold, event) => {
    if (!tap({ position: hold.index, ...spot(hold.index, hold.x, hold.y) }, event)) toggle(hold);
  };

  gestures(stage, {
    level: () => level || fitting(),
    zoomed: () => level > 0,
    zoom,
    pan: (x, y) => panBy(x / (natural() * level), y / (natural() * level)),
    flip,
    tapped,
  });
  // Fingers have no wheel: the button goes through fit, one step, two steps.
  button.addEventListener("click", () => zoom(level === 0 ? firstLevel() : level > firstLevel() ? 0 : Math.floor(level) + 1));
  window.addEventListener("resize", () => level && paint());
  window.addEventListener("blur", () => flip());
  window.addEventListener("keyup", (event) => event.key.toLowerCase() === "x" && flip());

  const PAN = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
  return {
    reset: () => {
      flip();
      if (level) zoom(0);
    },
    key: (event) => {
      const key = event.key.toLowerCase();
      if (key === "z") toggle();
      else if (key === "x" && frames().length === 2) flip(0);
      else if (event.key === "+" || event.key === "=") zoom(level ? Math.floor(level) + 1 : firstLevel());
      else if (event.key === "-") zoom(Math.ceil(level) - 1);
      else if (event.key === "Escape" && level) zoom(0);
      else if (event.shiftKey && level && PAN[event.key]) panBy(...PAN[event.key]);
      else return false;
      return true;
    },
  };
};
