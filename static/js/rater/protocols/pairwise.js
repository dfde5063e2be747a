// Answers to a pair: buttons under the pictures, arrow keys, digits.

import { gettext } from "../page.js";

const KEYS = {
  ArrowLeft: "left", 1: "left", ArrowRight: "right", 2: "right",
  ArrowUp: "tie", 0: "tie", ArrowDown: "both_bad", 9: "both_bad",
  j: "cannot_judge", J: "cannot_judge",
};
const FLASH_MS = 140;

// What each answer is called, its key as drawn, as spoken, and as the browser names it.
const answers = () => ({
  left: [gettext("A is better"), "←", gettext("left arrow"), "ArrowLeft 1"],
  tie: [gettext("Tie"), "↑", gettext("up arrow"), "ArrowUp 0"],
  both_bad: [gettext("Both bad"), "↓", gettext("down arrow"), "ArrowDown 9"],
  cannot_judge: [gettext("Can't judge"), "J", "J", "J"],
  right: [gettext("B is better"), "→", gettext("right arrow"), "ArrowRight 2"],
});

const drawn = (value, [label, cap, , keys]) => {
  const button = document.createElement("button");
  button.className = `answer answer--${value}`;
  button.value = value;
  button.ariaKeyShortcuts = keys;
  const kbd = document.createElement("kbd");
  kbd.ariaHidden = "true";
  kbd.textContent = cap;
  const words = document.createElement("span");
  // The letter stands first in every language, and large on a phone.
  const [letter, rest] = [label.slice(0, 1), label.slice(1)];
  if (value === "left" || value === "right") words.append(Object.assign(document.createElement("b"), { textContent: letter }), Object.assign(document.createElement("i"), { textContent: rest }));
  else words.textContent = label;
  button.append(kbd, words);
  return button;
};

export const mount = (root, block, { give }) => {
  const texts = answers();
  const offered = Object.keys(texts).filter((value) => block.answers.includes(value));
  const buttons = offered.map((value) => drawn(value, texts[value]));
  root.replaceChildren(...buttons);

  const choose = (value) => {
    const button = buttons.find((other) => other.value === value);
    if (!button || !give({ overall: value })) return;
    button.classList.add("answer--chosen");
    setTimeout(() => button.classList.remove("answer--chosen"), FLASH_MS);
  };

  return {
    show: () => {},
    // aria-disabled rather than disabled: the focus stays where the rater put it.
    lock: (locked) => buttons.forEach((button) => button.setAttribute("aria-disabled", String(locked))),
    key: (event) => {
      if (event.shiftKey || !(event.key in KEYS)) return false;
      choose(KEYS[event.key]);
      return true;
    },
    submit: (button) => button && choose(button.value),
    helps: offered.map((value) => [[texts[value][1], ...texts[value][3].split(" ").slice(1)], texts[value][0]]),
    spoken: offered.map((value) => `${texts[value][0]}, ${texts[value][2]}`).join("; "),
    destroy: () => {},
  };
};
