// Between two parts of a study: what comes next, and how it is answered. Enter goes on.

import { gettext } from "../page.js";
import { cap, make } from "./dom.js";

const KINDS = {
  practice: [gettext("Practice"), gettext("You are told after each answer whether it was right. These answers do not count.")],
  quiz: [gettext("A short quiz"), gettext("A few questions with known answers show whether the task is clear.")],
  vote: [gettext("Next part"), ""],
};

export const show = ({ block, kind, was }) => {
  const [eyebrow, words] = kind === "vote" && was !== "vote" && was ? [gettext("Now it counts"), ""] : KINDS[kind];
  const title = make("h2", { id: "interlude-title", textContent: block.title || block.question });
  const form = make("form", { method: "dialog" }, make("p", { className: "eyebrow", textContent: eyebrow }), title);
  if (block.title) form.append(make("p", { textContent: block.question }));
  if (words) form.append(make("p", { className: "muted", textContent: words }));
  const go = make("button", { className: "btn btn--primary btn--big confirm" }, gettext("Go on"), " ", cap("Enter"));
  form.append(make("div", { className: "dialog__ends" }, go));
  const dialog = make("dialog", { className: "interlude" }, form);
  dialog.setAttribute("aria-labelledby", title.id);
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve();
    });
    dialog.showModal();
    go.focus();
  });
};
