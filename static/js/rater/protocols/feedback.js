// After a practice answer: right or not, why, and what would have been right.

import { gettext } from "../page.js";
import { name, panes } from "../stage.js";
import { cap, make } from "./dom.js";

const SIDES = { left: 0, much_left: 0, right: 1, much_right: 1 };

// The right answer in words, and the pictures that it names.
const right = ({ protocol, criteria, taxonomy }, expected) => {
  const count = panes().length;
  if (protocol === "failure_review") {
    const labels = taxonomy.filter(({ key }) => expected.failures.includes(key)).map(({ label }) => label);
    return { words: [labels.length ? labels.join(", ") : gettext("No failure seen")], at: [] };
  }
  if (protocol === "likert") {
    const label = (key) => criteria.find((criterion) => criterion.key === key)?.label ?? key;
    const range = ([low, high]) => (low === high ? String(low) : gettext("{low} to {high}", { low, high }));
    return { words: Object.entries(expected).map(([key, bounds]) => `${label(key)}: ${range(bounds)}`), at: [] };
  }
  if (protocol === "pairwise") {
    const at = SIDES[Object.values(expected)[0]];
    return { words: [gettext("{picture} is better", { picture: name(at, count) })], at: [at] };
  }
  const said = { best: (mark) => gettext("Picture {mark} is the best", { mark }), worst: (mark) => gettext("Picture {mark} is the worst", { mark }) };
  const named = ["best", "worst"].filter((role) => role in expected);
  return { words: named.map((role) => said[role](expected[role] + 1)), at: named.map((role) => expected[role]) };
};

export const show = ({ root, feedback, block }) => {
  const { words, at } = right(block, feedback.expected ?? {});
  const title = make("h2", { id: "feedback-title", textContent: feedback.passed ? gettext("Right") : gettext("Not quite") });
  const answer = make("p", {}, make("b", { textContent: gettext("The right answer:") }), " ", words.join(" · "));
  const go = make("button", { className: "btn btn--primary confirm" }, gettext("Go on"), " ", cap("Enter"));
  const form = make("form", { method: "dialog" }, title, answer);
  if (feedback.explanation) form.append(make("p", { textContent: feedback.explanation }));
  form.append(make("div", { className: "dialog__ends" }, go));
  const dialog = make("dialog", { className: `drawer drawer--${feedback.passed ? "right" : "wrong"}` }, form);
  dialog.setAttribute("aria-labelledby", title.id);
  const marked = at.map((position) => panes()[position]);
  for (const pane of marked) pane?.classList.add("pane--right");
  root.replaceChildren(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      for (const pane of marked) pane?.classList.remove("pane--right");
      resolve();
    });
    dialog.showModal();
    go.focus();
  });
};
