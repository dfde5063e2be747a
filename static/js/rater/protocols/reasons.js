// Why: chips and words after an answer. Where they are optional, Enter alone goes on.

import { gettext } from "../page.js";
import { button, cap, disabled, make, pressed } from "./dom.js";

const MOST_LETTERS = 2000;

// What an answer says, in the words that `required_for` is written in.
const said = ({ protocol }, answer) => {
  if (protocol === "best_of_n") return typeof answer.best === "string" ? [answer.best] : ["best", ...Object.keys(answer)];
  if (protocol === "ranking") return [Array.isArray(answer.ranking) ? "ranking" : answer.ranking];
  if (protocol === "failure_review") return answer.failures.length ? answer.failures : ["none"];
  return Object.values(answer).map(String);
};

export const wanted = ({ reasons }) => Boolean(reasons?.chips?.length || reasons?.text);

// Resolves to remarks, or to null when the rater goes back to the answer.
export const ask = (block, answer) => {
  const { chips = [], text, required_for: required = [] } = block.reasons;
  const must = said(block, answer).some((word) => required.includes(word));
  const picked = new Set();

  const toggles = chips.map(({ key, label }, at) => {
    const chip = button("chip", {}, ...(at < 9 ? [cap(at + 1)] : []), make("span", { textContent: label, lang: block.lang }));
    chip.addEventListener("click", () => toggle(key, chip));
    pressed(chip, false);
    return chip;
  });
  const field = make("textarea", { className: "note", rows: 2, maxLength: MOST_LETTERS, ariaLabel: gettext("In your own words"), placeholder: gettext("In your own words") });
  const title = make("h2", { id: "reasons-title", textContent: must ? gettext("Please say why") : gettext("Why? (optional)") });
  const back = button("btn", {}, gettext("Back"), " ", cap("Esc"));
  const words = make("span");
  const go = make("button", { className: "btn btn--primary confirm" }, words, " ", cap("Enter"));
  const form = make("form", { method: "dialog" }, title, make("div", { className: "chips" }, ...toggles), ...(text ? [field] : []), make("div", { className: "dialog__ends" }, back, go));
  const dialog = make("dialog", { className: "drawer" }, form);
  dialog.setAttribute("aria-labelledby", title.id);

  const given = () => ({
    ...(picked.size ? { chips: chips.map(({ key }) => key).filter((key) => picked.has(key)) } : {}),
    ...(field.value.trim() ? { text: field.value.trim() } : {}),
  });
  const empty = () => !Object.keys(given()).length;

  const refresh = () => {
    words.textContent = empty() && !must ? gettext("Go on without") : gettext("Send");
    disabled(go, must && empty());
  };
  function toggle(key, chip) {
    const on = !picked.delete(key);
    if (on) picked.add(key);
    pressed(chip, on);
    refresh();
  }
  field.addEventListener("input", refresh);
  refresh();

  return new Promise((resolve) => {
    const end = (remarks) => {
      dialog.close();
      dialog.remove();
      resolve(remarks);
    };
    const send = () => (must && empty() ? (toggles[0] ?? field).focus() : end(given()));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
    back.addEventListener("click", () => end(null));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      end(null);
    });
    dialog.addEventListener("keydown", (event) => {
      if (event.isComposing || event.repeat) return;
      const inField = event.target === field;
      const chip = !inField && /^[1-9]$/.test(event.key) && toggles[event.key - 1];
      if (chip) chip.click();
      else if (event.key === "Enter" && inField && !event.shiftKey) send();
      else if (event.key === "Enter" && event.target !== back && !inField) send();
      else if (event.key.toLowerCase() === "t" && text && !inField) field.focus();
      else return;
      event.preventDefault();
    });
    document.body.append(dialog);
    dialog.showModal();
    go.focus();
  });
};
