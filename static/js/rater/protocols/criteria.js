// One or several questions about the same pictures, all on one page or one after the other: ratings, and pairs
// with several criteria or graded answers. A key answers the question in focus and goes on to the next.

import { gettext } from "../page.js";
import { button, cap, disabled, make, pressed } from "./dom.js";

const JUDGE = "J";

// value → label, key as drawn, further keys
const pairOptions = ({ answers, graded }) => {
  const words = {
    much_left: [gettext("A much better")],
    left: [graded ? gettext("A slightly better") : gettext("A is better"), "←"],
    tie: [graded ? gettext("Equal") : gettext("Tie"), "↑"],
    right: [graded ? gettext("B slightly better") : gettext("B is better"), "→"],
    much_right: [gettext("B much better")],
    both_bad: [gettext("Both bad"), "↓"],
    cannot_judge: [gettext("Can't judge"), JUDGE],
  };
  const digits = graded ? ["much_left", "left", "tie", "right", "much_right"] : [null, "left", "right"];
  const other = graded ? { both_bad: "9" } : { tie: "0", both_bad: "9" };
  return Object.keys(words)
    .filter((value) => answers.includes(value))
    .map((value) => {
      const at = digits.indexOf(value);
      const digit = at === -1 ? other[value] : String(graded ? at + 1 : at);
      const [label, key = digit] = words[value];
      return { value, label, key: graded && digit ? digit : key, keys: [key, digit].filter(Boolean) };
    });
};

const ratingOptions = ({ answers, points }) => {
  const rows = Array.from({ length: points }, (_, at) => ({ value: String(at + 1), keys: [String(at + 1)] }));
  return answers.includes("cannot_judge") ? [...rows, { value: "cannot_judge", label: gettext("Can't judge"), key: JUDGE, keys: [JUDGE] }] : rows;
};

const ARROWS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

export const mount = (root, block, { give, say }) => {
  const pairs = block.protocol === "pairwise";
  const options = pairs ? pairOptions(block) : ratingOptions(block);
  const one = block.criteria.length === 1;
  const separate = block.pages === "separate" && !one;
  const instant = separate || one; // the last answer sends; undo takes it back
  const own = !one && block.criteria.every((criterion) => criterion.question); // then nothing is asked above them
  const asides = block.graded ? ["both_bad", "cannot_judge"] : ["cannot_judge"]; // on a line of their own on phones
  let active = 0;
  let locked = true;

  // Buttons where an answer leads on at once; radio buttons where it can still be changed in its place.
  const option = (criterion, at, { value, label, key }) => {
    const side = pairs || value === "cannot_judge";
    const number = side ? cap(key) : make("span", { className: "point__n", textContent: value });
    const text = make("span", { className: "point__words", textContent: label ?? criterion.anchors?.[value - 1] ?? "" });
    const title = text.textContent;
    const className = `point point--${value}`;
    const input = make("input", { type: "radio", name: criterion.key, value, required: true });
    const made = instant ? button(className, { value, title }, number, text) : make("label", { className, title }, input, number, text);
    if (instant) made.addEventListener("click", () => set(at, value));
    return made;
  };

  const question = (criterion, at) => {
    const legend = make("legend", { lang: block.lang }, make("b", { textContent: criterion.label }));
    if (criterion.question && (own || criterion.question !== block.question)) legend.append(" ", make("span", { textContent: criterion.question }));
    legend.classList.toggle("visually-hidden", one && pairs);
    const aside = options.filter((each) => asides.includes(each.value));
    const drawn = (each) => option(criterion, at, each);
    const scale = make("div", { className: "scale", dir: pairs ? "ltr" : "" }, ...options.filter((each) => !aside.includes(each)).map(drawn));
    if (aside.length) scale.append(make("div", { className: "scale__aside" }, ...aside.map(drawn)));
    scale.style.setProperty("--points", options.length - (pairs ? 0 : aside.length));
    scale.style.setProperty("--strong", options.length - aside.length);
    scale.dataset.points = pairs ? "" : block.points;
    const ends = [criterion.anchors?.[0], "", criterion.anchors?.at(-1)].map((text) => make("span", { textContent: text ?? "" }));
    if (!pairs) scale.append(make("p", { className: "scale__ends", ariaHidden: "true" }, ...ends));
    const set = make("fieldset", { className: "criterion" }, legend, scale);
    set.dataset.criterion = criterion.key;
    return set;
  };

  const criteria = block.criteria.map(question);
  const step = make("p", { className: "step__count" });
  const back = button("btn step__back", { textContent: gettext("Back"), ariaKeyShortcuts: "Backspace" });
  const confirm = make("button", { className: "btn btn--primary btn--big confirm" }, gettext("Confirm"), " ", cap("Enter"));
  root.replaceChildren(...criteria);
  if (separate) root.append(make("div", { className: "step" }, back, step));
  if (!instant) root.append(confirm);
  root.dataset.form = pairs ? "pairs" : "ratings";
  root.dataset.rows = one || separate ? "one" : "many";

  const chosen = new Map(); // only where answers are buttons
  const value = (at) => (instant ? chosen.get(at) : criteria[at].querySelector("input:checked")?.value);
  const missing = () => criteria.findIndex((_, at) => value(at) === undefined);

  const refresh = () => {
    criteria.forEach((criterion, at) => {
      criterion.toggleAttribute("data-active", at === active && !one);
      criterion.hidden = separate && at !== active;
      const middle = criterion.querySelector(".scale__ends")?.children[1];
      if (middle) middle.textContent = block.criteria[at].anchors?.[value(at) - 1] ?? "";
      if (instant) for (const each of criterion.querySelectorAll(".point")) {
        pressed(each, chosen.get(at) === each.value);
        disabled(each, locked);
      }
    });
    disabled(confirm, locked || missing() !== -1);
    back.hidden = active === 0;
    step.textContent = gettext("Question {number} of {count}", { number: active + 1, count: criteria.length });
  };

  const go = (at, focus) => {
    active = Math.max(0, Math.min(at, criteria.length - (instant ? 1 : 0)));
    refresh();
    const set = criteria[active];
    const target = set ? (set.querySelector("input:checked, [aria-pressed=true]") ?? set.querySelector("input, .point")) : confirm;
    if (focus) target.focus();
    if (separate) say(`${step.textContent}. ${block.criteria[active].label}. ${block.criteria[active].question ?? ""}`);
  };

  const within = () => root.contains(document.activeElement);

  const answer = () => {
    const said = (at) => (pairs || value(at) === "cannot_judge" ? value(at) : Number(value(at)));
    return Object.fromEntries(block.criteria.map(({ key }, at) => [key, said(at)]));
  };

  const submit = () => {
    const first = missing();
    if (first !== -1) go(first, true);
    else give(answer());
  };

  function set(at, given) {
    if (instant && locked) return;
    if (instant) chosen.set(at, given);
    else criteria[at].querySelector(`input[value="${given}"]`).checked = true;
    if (instant && missing() === -1 && at === criteria.length - 1) {
      refresh();
      submit();
    } else go(at + 1, within() || !instant);
  }

  const focused = ({ target }) => {
    const at = criteria.findIndex((criterion) => criterion.contains(target));
    if (!separate) active = at === -1 ? criteria.length : at;
    refresh();
  };
  root.addEventListener("focusin", focused);
  root.addEventListener("change", refresh);
  back.addEventListener("click", () => go(active - 1, true));

  const key = (event) => {
    const name = ARROWS[event.key] ?? event.key.toUpperCase();
    const found = !event.shiftKey && options.find(({ keys }) => keys.includes(name));
    const at = active === criteria.length ? missing() : active;
    if (found && at !== -1) set(at, found.value);
    else if (event.key === "Backspace") go(active - 1, within());
    else if (event.key === "Enter" && !instant && !event.target.closest("a, button") && !root.contains(event.target)) submit();
    else return false;
    return true;
  };

  const keys = options.map((each) => each.key ?? each.value);
  return {
    show: () => {
      chosen.clear();
      for (const input of root.querySelectorAll("input:checked")) input.checked = false;
      // The first question takes the focus only from a rater who works by keyboard inside the form.
      go(0, within());
    },
    lock: (on) => {
      locked = on;
      refresh();
    },
    key,
    submit,
    question: pairs && !own ? block.question : "", // of ratings, each criterion asks its own
    helps: [
      ...(pairs ? options.map((each) => [[...new Set(each.keys)], each.label]) : [[[keys[0], "…", keys.at(-1)], gettext("Mark for the question in focus; the next one follows")]]),
      ...(one ? [] : [[["Backspace"], gettext("Back to the question before")]]),
      ...(instant ? [] : [[["Enter"], gettext("Confirm")]]),
    ],
    spoken: pairs
      ? options.map((each) => `${each.label}, ${each.key}`).join("; ")
      : gettext("{count} questions, each from 1 to {points}", { count: criteria.length, points: block.points }),
    destroy: () => {
      root.removeEventListener("focusin", focused);
      root.removeEventListener("change", refresh);
      delete root.dataset.form;
      delete root.dataset.rows;
    },
  };
};
