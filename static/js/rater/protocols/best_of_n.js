// Best of several: a digit or the button under a picture chooses, Enter confirms.

import { gettext } from "../page.js";
import { button, cap, disabled, make, pressed } from "./dom.js";
import { grid } from "./grid.js";

const WORDS = {
  best: {
    sign: "★",
    label: gettext("Best"),
    wanted: gettext("Choose the best"),
    spoken: (mark) => gettext("Picture {mark} is the best", { mark }),
  },
  worst: {
    sign: "✕",
    label: gettext("Worst"),
    wanted: gettext("Choose the worst"),
    spoken: (mark) => gettext("Picture {mark} is the worst", { mark }),
  },
};

export const mount = (root, block, page) => {
  const roles = block.pick === "best_and_worst" ? ["best", "worst"] : ["best"];
  const view = grid(page);
  const panes = page.panes();
  let chosen = {};
  let locked = true;

  const extra = (value, label, key) => button("answer answer--aside", { value, ariaKeyShortcuts: key }, cap(key), make("span", { textContent: label }));
  const asides = [
    ["none", gettext("None is good"), "0"],
    ["cannot_judge", gettext("Can't judge"), "J"],
  ]
    .filter(([value]) => block.answers.includes(value))
    .map((aside) => extra(...aside));
  const words = make("span");
  const confirm = make("button", { className: "btn btn--primary confirm" }, words, " ", cap("Enter"));
  root.replaceChildren(...asides, confirm);
  root.dataset.roles = roles.length;

  const picks = panes.map((pane, at) => {
    const buttons = roles.map((role) => {
      const made = button(`role role--${role}`, { ariaLabel: WORDS[role].spoken(at + 1) }, make("span", { className: "role__sign", textContent: WORDS[role].sign }), make("span", { className: "role__words", textContent: WORDS[role].label }));
      if (roles.length === 1) made.prepend(cap(at + 1));
      made.addEventListener("click", () => choose(role, at));
      return made;
    });
    const box = make("div", { className: "pick" }, ...(roles.length > 1 ? [cap(at + 1)] : []), ...buttons);
    pane.append(box);
    return Object.fromEntries(roles.map((role, index) => [role, buttons[index]]));
  });

  const missing = () => roles.find((role) => chosen[role] === undefined);

  const paint = () => {
    panes.forEach((pane, at) => {
      pane.dataset.chosen = roles.find((role) => chosen[role] === at) ?? "";
      for (const role of roles) pressed(picks[at][role], chosen[role] === at);
    });
    const role = missing();
    words.textContent = role ? WORDS[role].wanted : gettext("Confirm");
    disabled(confirm, locked || Boolean(role));
    for (const aside of asides) disabled(aside, locked);
  };

  // The same picture is never both: the newer choice stands.
  function choose(role, at) {
    const taken = chosen[role] === at;
    for (const other of roles) if (chosen[other] === at) delete chosen[other];
    if (!taken) chosen[role] = at;
    view.point(at);
    paint();
    page.say(taken ? gettext("Picture {mark} is no longer chosen", { mark: at + 1 }) : WORDS[role].spoken(at + 1));
  }

  const digit = (at) => {
    const mine = roles.find((role) => chosen[role] === at);
    choose(mine ?? missing() ?? roles.at(-1), at);
  };

  // Enter on a button that has just chosen confirms, in place of taking its choice back.
  const confirms = ({ key, target }) => key === "Enter" && (target.closest(".pick") ? !missing() : !target.closest("button, a"));

  const submit = (pushed) => {
    if (asides.includes(pushed)) page.give({ best: pushed.value });
    else if (missing()) page.say(WORDS[missing()].wanted);
    else page.give({ ...chosen });
  };
  for (const aside of asides) aside.addEventListener("click", () => submit(aside));

  return {
    show: () => {
      chosen = {};
      view.reset();
      paint();
    },
    lock: (value) => {
      locked = value;
      paint();
    },
    key: (event) => {
      const at = Number(event.key) - 1;
      const aside = asides.find((other) => other.ariaKeyShortcuts.toLowerCase() === event.key.toLowerCase());
      if (!event.shiftKey && /^[1-9]$/.test(event.key) && at < panes.length) digit(at);
      else if (aside) submit(aside);
      else if (confirms(event)) submit();
      else return view.key(event);
      return true;
    },
    submit,
    early: view.early,
    tap: view.tap,
    spoken: gettext("choose by the digits 1 to {count}, then Enter confirms", { count: panes.length }),
    helps: [
      [["1", "…", String(panes.length)], roles.length > 1 ? gettext("Choose the best, then the worst") : gettext("Choose the best")],
      [["Enter"], gettext("Confirm")],
      ...asides.map((aside) => [[aside.ariaKeyShortcuts], aside.lastChild.textContent]),
      ...view.helps,
    ],
    destroy: () => {
      for (const pane of panes) delete pane.dataset.chosen;
      delete root.dataset.roles;
      view.destroy();
    },
  };
};
