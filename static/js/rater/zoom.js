// Zoom to whole multiples of the picture's own pixels, both pictures at the same spot; hold to lay one over the other.

const HOLD_MS = 350;
const SLACK_PX = 8;
const STEPS = 4;

export const zoomer = (stage, button, onZoom) => {
  const panes = [...stage.querySelectorAll(".pane")];
  const frames = panes.map((pane) => pane.querySelector(".frame"));
  const scale = document.getElementById("scale");
  let level = 0;
  let at = { x: 0, y: 0 }; // shift of the picture's centre, as a share of its size
  let press = null;

  const natural = () => frames[0].querySelector("img").naturalWidth / window.devicePixelRatio;

  const paint = () => {
    const size = natural() * level;
    const reach = (length) => Math.max(0, (size - length) / 2) / (size || 1);
    const limit = (value, length) => Math.max(-reach(length), Math.min(reach(length), value));
    stage.classList.toggle("stage--zoomed", level > 0);
    at = { x: limit(at.x, frames[0].clientWidth), y: limit(at.y, frames[0].clientHeight) };
    stage.style.setProperty("--zoom", `${size}px`);
    stage.style.setProperty("--x", `${at.x * size}px`);
    stage.style.setProperty("--y", `${at.y * size}px`);
    scale.hidden = level === 0;
    scale.textContent = `${level * 100} %`;
    button.setAttribute("aria-pressed", String(level > 0));
  };

  // The first step is one picture pixel per screen pixel, unless that would hardly enlarge.
  const firstLevel = () => Math.max(1, Math.ceil((frames[0].clientWidth * 1.3) / natural()));

  const zoom = (wanted, spot = { x: 0, y: 0 }) => {
    if (!(natural() > 0)) return;
    const from = level;
    level = Math.max(0, Math.min(wanted, Math.max(STEPS, firstLevel())));
    if (!from) at = spot;
    if (level) onZoom();
    paint();
  };

  const toggle = (spot) => zoom(level ? 0 : firstLevel(), spot);

  const flip = (target) => {
    for (const frame of frames) frame.style.transform = "";
    panes.forEach((pane, index) => {
      pane.style.zIndex = "";
      const caption = pane.querySelector("figcaption");
      if (caption) caption.textContent = target === undefined ? "AB"[index] : index === target ? "AB"[1 - target] : "";
    });
    if (target === undefined || frames.length !== 2) return;
    const here = frames[target].getBoundingClientRect();
    const there = frames[1 - target].getBoundingClientRect();
    frames[1 - target].style.transform = `translate(${here.left - there.left}px, ${here.top - there.top}px)`;
    panes[1 - target].style.zIndex = 1;
    onZoom();
  };

  const down = (event, index) => {
    if (event.button || !event.isPrimary) return;
    press = { index, x: event.clientX, y: event.clientY, from: at, moved: false, flipped: false };
    frames[index].setPointerCapture?.(event.pointerId);
    if (event.pointerType === "mouse") return;
    press.timer = setTimeout(() => {
      if (!press || press.moved || frames.length !== 2) return;
      press.flipped = true;
      flip(press.index);
    }, HOLD_MS);
  };

  const move = (event) => {
    if (!press || press.flipped) return;
    const shift = { x: event.clientX - press.x, y: event.clientY - press.y };
    if (Math.hypot(shift.x, shift.y) > SLACK_PX) press.moved = true;
    if (!press.moved || !level) return;
    const size = natural() * level;
    at = { x: press.from.x + shift.x / size, y: press.from.y + shift.y / size };
    paint();
  };

  const up = (event) => {
    const was = press;
    press = null;
    if (!was) return;
    clearTimeout(was.timer);
    if (was.flipped) flip();
    else if (!was.moved && event.type === "pointerup") {
      const box = frames[was.index].getBoundingClientRect();
      toggle({ x: 0.5 - (event.clientX - box.left) / box.width, y: 0.5 - (event.clientY - box.top) / box.height });
    }
  };

  frames.forEach((frame, index) => {
    frame.addEventListener("pointerdown", (event) => down(event, index));
    frame.addEventListener("pointermove", move);
    frame.addEventListener("pointerup", up);
    frame.addEventListener("pointercancel", up);
    frame.addEventListener("contextmenu", (event) => event.preventDefault());
  });
  stage.addEventListener("wheel", (event) => {
    const scrolls = document.documentElement.scrollHeight > window.innerHeight + 1;
    if (event.ctrlKey || (!level && (scrolls || event.deltaY > 0))) return;
    event.preventDefault();
    const up = event.deltaY < 0;
    zoom(level ? level + (up ? 1 : level <= firstLevel() ? -level : -1) : firstLevel());
  }, { passive: false });
  // Fingers have no wheel: the button goes through fit, one step, two steps.
  button.addEventListener("click", () => zoom(level === 0 ? firstLevel() : level > firstLevel() ? 0 : level + 1));
  window.addEventListener("resize", () => level && paint());
  window.addEventListener("blur", () => flip());
  window.addEventListener("keyup", (event) => event.key.toLowerCase() === "f" && flip());

  const PAN = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
  return {
    reset: () => {
      flip();
      if (level) zoom(0);
    },
    key: (event) => {
      const key = event.key.toLowerCase();
      if (key === "z") toggle();
      else if (key === "f" && frames.length === 2) flip(0);
      else if (event.key === "+" || event.key === "=") zoom(level ? level + 1 : firstLevel());
      else if (event.key === "-") zoom(level - 1);
      else if (event.key === "Escape" && level) zoom(0);
      else if (event.shiftKey && level && PAN[event.key]) {
        at = { x: at.x + PAN[event.key][0], y: at.y + PAN[event.key][1] };
        paint();
      } else return false;
      return true;
    },
  };
};
