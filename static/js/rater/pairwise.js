// Answers to a pair: buttons under the pictures, arrow keys, digits.

const KEYS = {
  ArrowLeft: "left", 1: "left", ArrowRight: "right", 2: "right",
  ArrowUp: "tie", 0: "tie", ArrowDown: "both_bad", 9: "both_bad",
};
const SPOKEN = { left: "left arrow", right: "right arrow", tie: "up arrow", both_bad: "down arrow" };
const FLASH_MS = 140;

export const pairwise = (form, give) => {
  const buttons = [...form.querySelectorAll(".answer")];

  const choose = (value) => {
    const button = buttons.find((other) => other.value === value);
    if (!button || !give({ overall: value })) return;
    button.classList.add("answer--chosen");
    setTimeout(() => button.classList.remove("answer--chosen"), FLASH_MS);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter) choose(event.submitter.value);
  });

  return {
    // aria-disabled rather than disabled: the focus stays where the rater put it.
    lock: (locked) => buttons.forEach((button) => button.setAttribute("aria-disabled", String(locked))),
    reset: () => {},
    key: (event) => {
      if (event.shiftKey || !(event.key in KEYS)) return false;
      choose(KEYS[event.key]);
      return true;
    },
    spoken: buttons
      .map((button) => `${button.lastElementChild.textContent.trim()}, ${SPOKEN[button.value]}`)
      .join("; "),
  };
};
