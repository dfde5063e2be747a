// Between two parts of a study: what comes next, and how it is answered. Enter goes on.

import { gettext } from "../page.js";
import { cap, make } from "./dom.js";

// Heading and words by what comes, and what was before.
const told = (kind, was) => {
  if (kind === "practice") return [gettext("Practice"), gettext("You are told after each answer whether it was right. These answers do not count.")];
  if (kind === "quiz" && was === "quiz") return [gettext("Once more"), gettext("Not enough answers were right. You may try the questions again.")];
  if (kind === "quiz") return [gettext("A short quiz"), gettext("A few questions with known answers show whether the task is clear.")];
  if (was === "quiz") return [gettext("Passed"), gettext("From here on your answers count.")];
  if (was === "practice") return [gettext("Now it counts"), gettext("From here on nobody tells you what is right: there mostly is no right answer.")];
  return [gettext("Next part"), ""];
};

export const show = ({ block, kind, was }) => {
  const [eyebrow, words] = told(kind, was);
  const title = make("h2", { id: "interlude-title", textContent: block.title || block.question, lang: block.lang });
  const form = make("form", { method: "dialog" }, make("p", { className: "eyebrow", textContent: eyebrow }), title);
  if (block.title) form.append(make("p", { textContent: block.question, lang: block.lang }));
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
