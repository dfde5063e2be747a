// The reference image of a prompt: small beside the description, large over the pictures at R or a tap.

import { by, gettext } from "../page.js";
import { button, cap, disabled, make, pressed } from "./dom.js";

let image = null;
let large = false;

const picture = make("img", { alt: gettext("Reference picture"), draggable: false });
const copy = make("img", { alt: "", draggable: false });
const thumb = button("reference", { ariaKeyShortcuts: "R" }, copy, make("span", {}, gettext("Reference"), " ", cap("R")));
const cover = make("div", { className: "reference__large", hidden: true }, picture);

const toggle = (on = !large) => {
  large = on && Boolean(image);
  cover.hidden = !large;
  pressed(thumb, large);
};
thumb.addEventListener("click", () => toggle());
cover.addEventListener("click", () => toggle(false));

export const show = ({ reference }) => {
  image = reference;
  toggle(false);
  thumb.hidden = !reference;
  disabled(thumb, !reference);
  if (!reference) return;
  if (!thumb.isConnected) by("ask").prepend(thumb);
  if (!cover.isConnected) by("stage").append(cover);
  for (const each of [picture, copy]) each.src = reference;
};

export const key = (event) => {
  const used = image && (event.key.toLowerCase() === "r" || (event.key === "Escape" && large));
  if (used) toggle(event.key === "Escape" ? false : undefined);
  return Boolean(used);
};
