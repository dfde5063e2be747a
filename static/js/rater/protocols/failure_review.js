// One picture, a checklist of failures, points on the picture, a note.

import { gettext } from "../page.js";
import { button, cap, disabled, make } from "./dom.js";
import { marking } from "./marks.js";

const DIGITS = "1234567890";

export const mount = (root, block, page) => {
  const labels = Object.fromEntries(block.taxonomy.map(({ key, label }) => [key, label]));
  let locked = true;

  const rows = block.taxonomy.map(({ key, label, hint }, at) => {
    const box = make("input", { type: "checkbox", value: key });
    if (DIGITS[at]) box.ariaKeyShortcuts = DIGITS[at];
    const words = make("span", { className: "failure__words", lang: block.lang }, make("b", { textContent: label }));
    if (hint) words.append(make("span", { textContent: hint }));
    const tick = make("label", { className: "failure__tick" }, box, DIGITS[at] ? cap(DIGITS[at]) : "", words);
    const point = button("linkish failure__mark", { hidden: true }, gettext("Mark where"));
    point.ariaLabel = gettext("Mark where: {label}", { label });
    const chips = make("span", { className: "failure__marks" });
    const row = make("div", { className: "failure" }, tick, make("div", { className: "failure__more" }, chips, point));
    point.addEventListener("click", () => marks.choose(key));
    return { key, box, row, point, chips };
  });

  const list = make("fieldset", { className: "failures" }, make("legend", { className: "visually-hidden", textContent: block.question }), ...rows.map(({ row }) => row));
  const note = make("textarea", { className: "note", rows: 2, maxLength: 2000, placeholder: gettext("A note, if you like"), ariaLabel: gettext("Note") });
  note.hidden = !block.allow_note;
  const none = button("answer answer--aside", { ariaKeyShortcuts: "N" }, cap("N"), make("span", { textContent: gettext("No failure seen") }));
  const words = make("span");
  const confirm = make("button", { className: "btn btn--primary confirm" }, words, " ", cap("Enter"));
  root.replaceChildren(list, note, make("div", { className: "failure__ends" }, none, confirm));

  const marks = block.allow_marks
    ? marking({ frame: page.frames()[0], labels, say: page.say, changed: () => paint() })
    : { all: [], failure: "", choose() {}, forget() {}, reset() {}, chips: () => [], tap: () => false, key: () => false, destroy() {} };

  const ticked = () => rows.filter(({ box }) => box.checked).map(({ key }) => key);

  function paint() {
    const found = ticked().length;
    for (const { key, box, row, point, chips } of rows) {
      row.toggleAttribute("data-active", marks.failure === key);
      chips.replaceChildren(...marks.chips(key));
      point.hidden = !block.allow_marks || !box.checked;
    }
    words.textContent = found ? gettext("Confirm {count}", { count: found }) : gettext("Confirm");
    disabled(confirm, locked || !found);
    disabled(none, locked || found > 0);
  }

  const ticking = ({ target }) => {
    const row = rows.find(({ box }) => box === target);
    if (!row) return;
    if (!row.box.checked) marks.forget(row.key);
    marks.choose(row.box.checked ? row.key : "");
    paint();
  };
  root.addEventListener("change", ticking);
  // Enter is a key of the page, so here it confirms too; Shift and Enter begin a line.
  note.addEventListener("keydown", (event) => {
    if (event.isComposing || event.shiftKey || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    note.blur();
    if (event.key === "Enter") (ticked().length ? submit : nothing)();
  });

  const remarks = () => {
    const text = note.value.trim();
    return { ...(marks.all.length ? { marks: marks.all } : {}), ...(text ? { text } : {}) };
  };

  const submit = () => {
    const failures = ticked();
    if (failures.length) page.give({ failures }, remarks());
    else page.say(gettext("Tick what is wrong, or say that no failure is seen."));
  };
  const nothing = () => {
    if (ticked().length) page.say(gettext("Some failures are ticked. Untick them first."));
    else page.give({ failures: [] }, remarks());
  };
  none.addEventListener("click", nothing);

  return {
    show: () => {
      for (const { box } of rows) box.checked = false;
      note.value = "";
      marks.reset();
      paint();
    },
    lock: (value) => {
      locked = value;
      paint();
    },
    key: (event) => {
      if (marks.key(event)) {
        paint();
        return true;
      }
      const row = rows[DIGITS.indexOf(event.key)];
      const key = event.key.toLowerCase();
      if (!event.shiftKey && row && event.key.length === 1) row.box.click();
      else if (key === "n") nothing();
      else if (key === "t" && !note.hidden) note.focus();
      else if (key === "enter" && !event.target.closest("button, a")) submit();
      else return false;
      return true;
    },
    submit,
    tap: marks.tap,
    spoken: gettext("tick what is wrong by digits, Enter confirms, N says that no failure is seen"),
    helps: [
      [["1", "…", "9", "0"], gettext("Tick or untick a failure")],
      [["N"], gettext("No failure seen")],
      ...(block.allow_marks ? [[["M"], gettext("Mark the ticked failure on the picture, with arrows and Enter")]] : []),
      ...(block.allow_note ? [[["T"], gettext("Write a note")]] : []),
      [["Enter"], gettext("Confirm")],
    ],
    destroy: () => {
      root.removeEventListener("change", ticking);
      marks.destroy();
    },
  };
};
