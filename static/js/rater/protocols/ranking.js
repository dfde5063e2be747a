// A full ranking: digits or taps give out the ranks in order; dragging and arrows move them; Enter confirms.

import { gettext } from "../page.js";
import { button, cap, disabled, make, pressed } from "./dom.js";
import { dragging } from "./drag.js";
import { grid } from "./grid.js";

export const mount = (root, block, page) => {
  const view = grid(page);
  const panes = page.panes();
  const count = panes.length;
  let ranks = []; // positions, best first
  let locked = true;

  const places = panes.map((_, rank) => {
    const place = button("place", {}, make("span", { className: "place__n", textContent: rank + 1 }));
    place.dataset.rank = rank;
    place.addEventListener("click", () => ranks[rank] !== undefined && toggle(ranks[rank]));
    return place;
  });
  const strip = make("ol", { className: "strip", ariaLabel: gettext("Your ranking, the best first") }, ...places.map((place) => make("li", {}, place)));
  const ends = (text) => make("span", { className: "strip__end", textContent: text, ariaHidden: "true" });
  const row = make("div", { className: "strip__row", dir: "ltr" }, ends(gettext("Best")), strip, ends(gettext("Worst")));
  const aside = button("answer answer--aside", { ariaKeyShortcuts: "J" }, cap("J"), make("span", { textContent: gettext("Can't judge") }));
  aside.hidden = !block.answers.includes("cannot_judge");
  const words = make("span");
  const confirm = make("button", { className: "btn btn--primary confirm" }, words, " ", cap("Enter"));
  root.replaceChildren(row, aside, confirm);

  const picks = panes.map((pane, at) => {
    const badge = button("role", {}, cap(at + 1), make("span"));
    badge.addEventListener("click", () => toggle(at));
    pane.append(make("div", { className: "pick" }, badge));
    return badge;
  });

  const picture = (at) => panes[at]?.querySelector("img");

  const paint = () => {
    picks.forEach((badge, at) => {
      const rank = ranks.indexOf(at);
      badge.lastChild.textContent = rank === -1 ? gettext("Place") : gettext("Rank {rank}", { rank: rank + 1 });
      badge.ariaLabel = `${gettext("Picture {mark}", { mark: at + 1 })}: ${rank === -1 ? gettext("not placed yet") : badge.lastChild.textContent}`;
      pressed(badge, rank !== -1);
      panes[at].dataset.chosen = rank === -1 ? "" : "placed";
    });
    places.forEach((place, rank) => {
      const at = ranks[rank];
      place.querySelector("img")?.remove();
      const copy = picture(at)?.cloneNode();
      if (copy) place.prepend(Object.assign(copy, { alt: "", className: "", draggable: false }));
      place.toggleAttribute("data-next", rank === ranks.length);
      const what = at === undefined ? gettext("empty") : gettext("Picture {mark}", { mark: at + 1 });
      place.ariaLabel = `${gettext("Rank {rank}", { rank: rank + 1 })}: ${what}`;
    });
    words.textContent = ranks.length === count ? gettext("Confirm") : gettext("Place all {count}", { count });
    disabled(confirm, locked || ranks.length < count);
    disabled(aside, locked);
  };

  const tell = (at) => {
    const rank = ranks.indexOf(at);
    const values = { mark: at + 1, rank: rank + 1 };
    page.say(rank === -1 ? gettext("Picture {mark} is no longer placed", values) : gettext("Picture {mark} has rank {rank}", values));
  };

  const put = (next, at) => {
    ranks = next;
    paint();
    tell(at);
  };

  // When one is left, its rank is clear.
  const filled = (next) => {
    const left = panes.map((_, at) => at).filter((at) => !next.includes(at));
    return left.length === 1 ? [...next, left[0]] : next;
  };

  function toggle(at) {
    const placed = ranks.includes(at);
    put(placed ? ranks.filter((other) => other !== at) : filled([...ranks, at]), at);
  }

  const insert = (at, rank) => {
    const others = ranks.filter((other) => other !== at);
    const next = [...others.slice(0, rank), at, ...others.slice(rank)];
    put(ranks.includes(at) ? next : filled(next), at);
  };

  const shift = (at, by) => {
    const from = ranks.indexOf(at);
    const to = from + by;
    if (from === -1 || to < 0 || to >= ranks.length) return;
    insert(at, to);
    if (strip.contains(document.activeElement)) places[to].focus();
  };

  const stop = dragging({
    elements: [...page.frames().map((frame, at) => [frame, () => (view.overview ? at : -1)]), ...places.map((place, rank) => [place, () => ranks[rank] ?? -1])],
    carry: picture,
    drop: insert,
  });

  const moved = (event) => {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const rank = Number(event.target.closest?.("[data-rank]")?.dataset.rank ?? -1);
    if (!by || (rank === -1 && !event.shiftKey) || page.stage.classList.contains("stage--zoomed")) return false;
    shift(rank === -1 ? view.cursor : ranks[rank], by);
    return true;
  };

  const submit = () => {
    if (ranks.length === count) page.give({ ranking: ranks });
    else page.say(gettext("Place all {count}", { count }));
  };
  const pass = () => page.give({ ranking: "cannot_judge" });
  aside.addEventListener("click", pass);

  const confirms = ({ key, target }) => key === "Enter" && (target.closest(".pick, .strip") ? ranks.length === count : !target.closest("button, a"));

  return {
    show: () => {
      ranks = [];
      view.reset();
      paint();
    },
    lock: (value) => {
      locked = value;
      paint();
    },
    key: (event) => {
      const at = Number(event.key) - 1;
      if (!event.shiftKey && /^[1-9]$/.test(event.key) && at < count) {
        view.point(at);
        toggle(at);
      } else if (moved(event)) return true;
      else if (event.key === "Backspace" && ranks.length) toggle(ranks.at(-1));
      else if (event.key.toLowerCase() === "j" && !aside.hidden) pass();
      else if (confirms(event)) submit();
      else return view.key(event);
      return true;
    },
    submit,
    early: view.early,
    tap: view.tap,
    spoken: gettext("give out the ranks by the digits 1 to {count}, the best first, then Enter confirms", { count }),
    helps: [
      [["1", "…", String(count)], gettext("Give the picture the next rank, or take it back")],
      [["Shift", "←", "→"], gettext("Move the picture up or down in the ranking")],
      [["Backspace"], gettext("Take the last one out")],
      [["Enter"], gettext("Confirm")],
      ...view.helps,
    ],
    destroy: () => {
      stop();
      for (const pane of panes) delete pane.dataset.chosen;
      view.destroy();
    },
  };
};
