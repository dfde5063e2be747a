// Points on the picture, each for one failure: by click or tap, or with a cross moved by arrows.

import { gettext } from "../page.js";
import { button, make } from "./dom.js";

const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NEAR = 0.02;
const FAR = 0.1;
const MOST = 20;

const held = (value) => Math.max(0, Math.min(1, value));
const share = (value) => Math.round(held(value) * 10000) / 10000;

export const marking = ({ frame, labels, say, changed }) => {
  const layer = make("div", { className: "frame__layer marks" });
  layer.ariaHidden = "true";
  let hint = make("p", { className: "marks__hint", hidden: true });
  frame.append(layer);
  frame.after(hint);
  let marks = [];
  let failure = "";
  let cross = null; // where the keyboard's cross stands

  const dot = (className, { x, y }, text = "") => {
    const point = make("span", { className, textContent: text });
    point.style.insetInlineStart = `${x * 100}%`;
    point.style.insetBlockStart = `${y * 100}%`;
    return point;
  };

  const paint = () => {
    layer.replaceChildren(...marks.map((mark, at) => dot("mark", mark, at + 1)));
    if (cross) layer.append(dot("mark mark--cross", cross));
    frame.classList.toggle("frame--marking", Boolean(failure));
    hint.hidden = !failure;
    const label = labels[failure];
    const words = cross
      ? gettext("Arrows move the cross, Enter marks, Esc ends")
      : gettext("Tap where: {label}", { label });
    if (hint.textContent === words) return;
    // A new element, so that its fading begins anew.
    const fresh = make("p", { className: "marks__hint", hidden: hint.hidden, textContent: words });
    hint.replaceWith(fresh);
    hint = fresh;
  };

  const add = ({ x, y }) => {
    if (marks.length >= MOST) return say(gettext("No more than {count} marks", { count: MOST }));
    marks = [...marks, { x: share(x), y: share(y), failure }];
    say(gettext("Mark {number} set: {label}", { number: marks.length, label: labels[failure] }));
    paint();
    return changed();
  };

  const remove = (at) => {
    marks = marks.filter((_, other) => other !== at);
    say(gettext("Mark {number} removed", { number: at + 1 }));
    paint();
    changed();
  };

  const choose = (key) => {
    failure = key;
    if (!key) cross = null;
    paint();
  };

  const step = (event) => {
    const by = event.shiftKey ? FAR : NEAR;
    const [x, y] = STEP[event.key];
    cross = { x: held(cross.x + x * by), y: held(cross.y + y * by) };
    paint();
    say(gettext("{x} percent across, {y} percent down", { x: Math.round(cross.x * 100), y: Math.round(cross.y * 100) }));
  };

  return {
    get all() {
      return marks;
    },
    get failure() {
      return failure;
    },
    choose,
    forget: (key) => {
      marks = marks.filter((mark) => mark.failure !== key);
      paint();
    },
    reset: () => {
      marks = [];
      choose("");
    },
    // The removable list under a failure.
    chips: (key) =>
      marks.flatMap((mark, at) => {
        if (mark.failure !== key) return [];
        const chip = button("mark-chip", { textContent: at + 1, ariaLabel: gettext("Remove mark {number}: {label}", { number: at + 1, label: labels[key] }) });
        chip.addEventListener("click", () => remove(at));
        return [chip];
      }),
    tap: (spot) => {
      if (!failure) return false;
      add(spot);
      return true;
    },
    key: (event) => {
      const key = event.key.toLowerCase();
      if (key === "m" && failure && !cross) {
        cross = { x: 0.5, y: 0.5 };
        paint();
        say(gettext("Arrows move the cross, Enter marks, Esc ends"));
      } else if (key === "escape" && failure) choose("");
      else if (!cross) return false;
      else if (event.key in STEP) step(event);
      else if (key === "enter" || key === " ") add(cross);
      else if (key === "m") choose("");
      else return false;
      return true;
    },
    destroy: () => {
      layer.remove();
      hint.remove();
      frame.classList.remove("frame--marking");
    },
  };
};
