// The panes of the stage: one figure per picture, with its letter or number.

import { by, gettext } from "./page.js";

const stage = by("stage");

export const panes = () => [...stage.querySelectorAll(".pane")];
export const frames = () => panes().map((pane) => pane.querySelector(".frame"));

// Two pictures are A and B, more are numbered, one needs no name.
export const mark = (at, count) => (count === 1 ? "" : count === 2 ? "AB"[at] : String(at + 1));
export const name = (at, count) => (count === 1 ? gettext("Picture") : gettext("Picture {mark}", { mark: mark(at, count) }));

const pane = (at, count) => {
  const figure = document.createElement("figure");
  figure.className = "pane";
  figure.dataset.pane = at;
  const frame = document.createElement("div");
  frame.className = "frame";
  figure.append(frame);
  if (count > 1) {
    const caption = document.createElement("figcaption");
    caption.textContent = mark(at, count);
    caption.ariaHidden = "true";
    figure.append(caption);
  }
  return figure;
};

// Panes that the server drew for as many pictures stay.
export const build = (count) => {
  stage.dataset.count = count;
  if (panes().length === count) return;
  for (const old of panes()) old.remove();
  stage.prepend(...Array.from({ length: count }, (_, at) => pane(at, count)));
};

// Pictures come first in their frame; what a protocol lays over them stays.
export const hang = (images) => {
  frames().forEach((frame, at) => {
    const old = frame.querySelector(":scope > img");
    if (old === images[at]) return;
    if (old) old.replaceWith(images[at]);
    else frame.prepend(images[at]);
  });
};
