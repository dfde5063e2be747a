// Ratings: a digit marks the criterion in focus and moves on to the next; Enter confirms.

import { gettext } from "../page.js";

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
};

const point = (criterion, value, words) => {
  const label = make("label", "point");
  const input = Object.assign(make("input"), { type: "radio", name: criterion.key, value, required: true });
  label.append(input, make("span", "point__n", String(value)), make("span", "point__words", words));
  return label;
};

const fieldset = (criterion, points) => {
  const set = make("fieldset", "criterion");
  set.dataset.criterion = criterion.key;
  const legend = make("legend");
  legend.append(make("b", "", criterion.label));
  if (criterion.question) legend.append(" ", make("span", "", criterion.question));
  const scale = make("div", "scale");
  scale.style.setProperty("--points", points);
  for (let value = 1; value <= points; value++) scale.append(point(criterion, value, criterion.anchors[value - 1]));
  set.append(legend, scale);
  return set;
};

export const mount = (root, block, { give }) => {
  const criteria = block.criteria.map((criterion) => fieldset(criterion, block.points));
  const confirm = make("button", "btn btn--primary btn--big confirm", gettext("Confirm"));
  confirm.append(" ", Object.assign(make("kbd", "", "Enter"), { ariaHidden: "true" }));
  root.replaceChildren(...criteria, confirm);
  let active = 0;
  let locked = true;

  const marked = (criterion) => criterion.querySelector("input:checked");
  const complete = () => criteria.every(marked);

  const refresh = () => {
    criteria.forEach((criterion, at) => criterion.toggleAttribute("data-active", at === active));
    confirm.setAttribute("aria-disabled", String(locked || !complete()));
  };

  const go = (at, focus = true) => {
    active = Math.max(0, Math.min(at, criteria.length));
    refresh();
    const target = active === criteria.length ? confirm : (marked(criteria[active]) ?? criteria[active].querySelector("input"));
    if (focus) target.focus({ preventScroll: false });
  };

  const focused = ({ target }) => {
    const at = criteria.findIndex((criterion) => criterion.contains(target));
    active = at === -1 ? criteria.length : at;
    refresh();
  };
  root.addEventListener("focusin", focused);
  root.addEventListener("change", refresh);

  const submit = () => {
    const missing = criteria.findIndex((criterion) => !marked(criterion));
    if (missing !== -1) go(missing);
    else give(Object.fromEntries(criteria.map((criterion) => [criterion.dataset.criterion, Number(marked(criterion).value)])));
  };

  const set = (digit) => {
    const at = active === criteria.length ? criteria.findIndex((criterion) => !marked(criterion)) : active;
    const input = criteria[at]?.querySelector(`input[value="${digit}"]`);
    if (!input) return false;
    input.checked = true;
    go(at + 1);
    return true;
  };

  return {
    show: () => {
      for (const input of root.querySelectorAll("input:checked")) input.checked = false;
      // The first question takes the focus only from a rater who works by keyboard inside the form.
      go(0, root.contains(document.activeElement));
    },
    lock: (value) => {
      locked = value;
      refresh();
    },
    key: (event) => {
      if (event.shiftKey && /^[1-9]$/.test(event.key)) return false;
      if (/^[1-9]$/.test(event.key)) return set(event.key);
      if (event.key === "Backspace") return go(active - 1) ?? true;
      if (event.key !== "Enter" || root.contains(event.target)) return false;
      submit();
      return true;
    },
    submit,
    question: "", // each criterion asks its own
    helps: [
      [["1", "…", String(block.points)], gettext("Mark for the question in focus; the next one follows")],
      [["Backspace"], gettext("Back to the question before")],
      [["Enter"], gettext("Confirm")],
    ],
    spoken: gettext("{count} questions, each from 1 to {points}", { count: criteria.length, points: block.points }),
    destroy: () => {
      root.removeEventListener("focusin", focused);
      root.removeEventListener("change", refresh);
    },
  };
};
