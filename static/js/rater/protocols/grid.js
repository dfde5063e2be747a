// Many pictures: all at once, one of them large, or two side by side.

import { gettext } from "../page.js";
import { button, cap, make, pressed } from "./dom.js";

const SWIPE_PX = 50;
const STEP = { ArrowLeft: -1, ArrowRight: 1 };

export const grid = ({ stage, panes, say }) => {
  const all = panes();
  const count = all.length;
  const box = stage.querySelector(".grid") ?? make("div", { className: "grid" });
  box.dataset.n = count;
  if (!box.isConnected) stage.prepend(box);
  box.append(...all);
  let view = []; // positions shown large; empty: all of them
  let cursor = -1;
  let hovered = -1;
  let swipe = null;

  const title = make("span", { className: "closer__title" });
  const back = button("closer__tool", { ariaLabel: gettext("Previous picture"), textContent: "‹" });
  const on = button("closer__tool", { ariaLabel: gettext("Next picture"), textContent: "›" });
  const beside = button("closer__tool closer__words", {}, gettext("Compare two"), cap("C"));
  const close = button("closer__tool closer__words", {}, gettext("All pictures"), cap("Esc"));
  const bar = make("div", { className: "closer", hidden: true }, back, title, on, beside, close);
  bar.setAttribute("role", "group");
  bar.ariaLabel = gettext("Large view");
  stage.append(bar);

  const paint = () => {
    box.dataset.view = ["all", "one", "two"][view.length];
    bar.hidden = !view.length;
    all.forEach((pane, at) => {
      pane.toggleAttribute("data-large", view.includes(at));
      pane.toggleAttribute("data-cursor", at === cursor);
    });
    title.textContent = view.map((at) => at + 1).join(" · ");
    pressed(beside, view.length === 2);
  };

  const named = (positions) => positions.map((at) => gettext("Picture {mark}", { mark: at + 1 })).join(", ");

  const show = (positions) => {
    view = positions;
    if (view.length) cursor = view.at(-1);
    paint();
    say(view.length ? named(view) : gettext("All pictures"));
  };

  // In the view of two the first one stays, and the second goes on.
  const turn = (by) => {
    const others = view.slice(0, -1);
    let at = view.at(-1);
    do at = (at + by + count) % count;
    while (others.includes(at));
    show([...others, at]);
  };

  const columns = () => all.filter((pane) => pane.offsetTop === all[0].offsetTop).length;

  const move = (key) => {
    const by = STEP[key] ?? (key === "ArrowUp" ? -columns() : columns());
    cursor = cursor === -1 ? 0 : Math.max(0, Math.min(count - 1, cursor + by));
    paint();
    say(named([cursor]));
  };

  const compare = () => {
    if (view.length === 2) return show([view[0]]);
    const first = view[0] ?? nearest();
    return show([first, (first + 1) % count]);
  };

  back.addEventListener("click", () => turn(-1));
  on.addEventListener("click", () => turn(1));
  beside.addEventListener("click", compare);
  close.addEventListener("click", () => show([]));

  const nearest = () => Math.max(cursor === -1 ? hovered : cursor, 0);

  // Among many pictures, every wish to see more of one shows it large first.
  const enlarge = (event) => {
    if (view.length) return false;
    event.preventDefault();
    event.stopImmediatePropagation();
    show([nearest()]);
    return true;
  };
  const over = ({ target }) => {
    hovered = all.findIndex((pane) => pane.contains(target));
  };
  const wheel = (event) => event.deltaY < 0 && enlarge(event);
  const magnifier = document.getElementById("zoom");

  const down = (event) => {
    if (!view.length && !event.isPrimary) enlarge(event);
    swipe = view.length && event.isPrimary && event.pointerType === "touch" ? event : null;
  };
  const up = (event) => {
    const by = swipe && !stage.classList.contains("stage--zoomed") ? event.clientX - swipe.clientX : 0;
    if (Math.abs(by) > SWIPE_PX && Math.abs(by) > Math.abs(event.clientY - swipe.clientY)) turn(by < 0 ? 1 : -1);
    swipe = null;
  };
  box.addEventListener("pointerdown", down);
  box.addEventListener("pointerup", up);
  box.addEventListener("pointerover", over);
  box.addEventListener("wheel", wheel, { passive: false });
  magnifier.addEventListener("click", enlarge, true);
  paint();

  return {
    get cursor() {
      return cursor;
    },
    get overview() {
      return !view.length;
    },
    point: (at) => {
      cursor = at;
      paint();
    },
    reset: () => {
      [view, cursor] = [[], -1];
      paint();
    },
    // A tap on one of many shows it large; a tap on a large one zooms, as everywhere.
    tap: ({ position }) => {
      if (view.length) return false;
      show([position]);
      return true;
    },
    early: (event) => ["z", "+", "="].includes(event.key.toLowerCase()) && enlarge(event),
    key: (event) => {
      const key = event.key.toLowerCase();
      if (event.shiftKey) return false;
      if (key.startsWith("arrow") && view.length) turn(STEP[event.key] ?? (key === "arrowup" ? -1 : 1));
      else if (key.startsWith("arrow")) move(event.key);
      else if (key === "c") compare();
      else if (key === "escape" && view.length && !stage.classList.contains("stage--zoomed")) show(view.slice(0, view.length - 1));
      else return false;
      return true;
    },
    helps: [
      [["←", "↑", "↓", "→"], gettext("Go from picture to picture")],
      [["Z"], gettext("Show the picture large; once more: zoom")],
      [["C"], gettext("Compare two side by side")],
      [["Esc"], gettext("Back to all pictures")],
    ],
    destroy: () => {
      box.removeEventListener("pointerdown", down);
      box.removeEventListener("pointerup", up);
      box.removeEventListener("pointerover", over);
      box.removeEventListener("wheel", wheel);
      magnifier.removeEventListener("click", enlarge, true);
      bar.remove();
      for (const pane of all) {
        pane.removeAttribute("data-large");
        pane.removeAttribute("data-cursor");
      }
      box.replaceWith(...all);
    },
  };
};
