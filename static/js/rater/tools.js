// The bar's tools: undo with its countdown, full screen, one picture at a time, the reminder to rest.

import { Refusal } from "./api.js";
import { by, gettext, page } from "./page.js";
import * as view from "./view.js";

const UNDO_MS = 10000;
const ONE = "arena-one-at-a-time";
const LETTERS = "arena-single-keys";

export const undoing = (session, allowed) => {
  const form = by("undo-form");
  const left = by("undo-left");
  let timer = 0;

  // After the last answer nothing follows that could end the time for second thoughts.
  const remaining = () => (session.current ? session.answeredAt + UNDO_MS - performance.now() : Infinity);

  const paint = () => {
    clearTimeout(timer);
    const possible = (session.canUndo || session.waiting.length > 0) && remaining() > 0;
    if (!possible && form.contains(document.activeElement)) by("prompt").focus();
    form.hidden = !possible;
    if (!possible || !session.current) return void (left.textContent = "");
    left.textContent = String(Math.ceil(remaining() / 1000));
    timer = setTimeout(paint, remaining() % 1000 || 1000);
  };

  const takeBack = async () => {
    if (form.hidden || !allowed()) return;
    try {
      await session.undo();
      view.notice(gettext("The last answer was taken back."));
    } catch (error) {
      if (error instanceof Refusal) view.refusal(error);
      else view.notice(gettext("There is no connection just now, so the last answer could not be taken back."));
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    takeBack();
  });
  return { paint, takeBack };
};

export const fullscreen = () => {
  const button = by("fullscreen");
  button.hidden = !document.fullscreenEnabled;
  const toggle = () => {
    if (!document.fullscreenEnabled) return;
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  };
  button.addEventListener("click", toggle);
  document.addEventListener("fullscreenchange", () => button.setAttribute("aria-pressed", String(Boolean(document.fullscreenElement))));
  return toggle;
};

// A choice of this device. Storage may be forbidden: then it lasts as long as the page.
const kept = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};
const keep = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As above.
  }
};

// On a phone: both pictures above each other, or each as wide as the screen, to swipe between.
export const oneAtATime = (changed) => {
  const button = by("one");
  // What scrolls can be reached by keyboard: there the arrows scroll, and digits answer.
  const set = (on) => {
    by("stage").classList.toggle("stage--swipe", on);
    by("stage").toggleAttribute("tabindex", on);
    if (on) by("stage").tabIndex = 0;
    button.setAttribute("aria-pressed", String(on));
  };
  set(kept(ONE) === "1");
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    set(on);
    by("stage").scrollLeft = 0;
    changed();
    keep(ONE, on ? "1" : "0");
  });
};

// Speech input types letters: whoever uses it can switch single keys off. Arrows, Enter and Esc go on working.
export const singleKeys = () => {
  const box = by("letters");
  box.checked = kept(LETTERS) !== "0";
  box.addEventListener("change", () => keep(LETTERS, box.checked ? "1" : "0"));
  return (event) => box.checked || event.key.length > 1 || event.ctrlKey;
};

export const resting = () => {
  if (!page.break_after_min) return;
  const said = gettext("You have been voting for a while. A break does no harm: everything so far is stored.");
  setInterval(() => view.notice(said, true), page.break_after_min * 60000);
};
