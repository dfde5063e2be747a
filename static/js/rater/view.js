// Writes the session's state into the page: prompt, progress, notices, what a screen reader hears.

import { by, gettext, ngettext, page } from "./page.js";

const NOTICE_MS = 9000;
const RECENT = 20;
const ENOUGH = 3;

export const say = (text) => {
  by("said").textContent = text;
};

let noticeTimer;
export const notice = (text, stays = false) => {
  const line = by("notice");
  line.textContent = text;
  line.hidden = !text;
  clearTimeout(noticeTimer);
  if (text && !stays) noticeTimer = setTimeout(() => (line.hidden = true), NOTICE_MS);
};

// What has to happen before voting opens.
export const hint = (text) => {
  by("hint").hidden = !text;
  by("hint").textContent = text;
};

const pace = (key) => {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
};

export const notePace = (ms) => {
  try {
    const times = [...pace(`pace-${page.panel}`), ms].slice(-RECENT);
    sessionStorage.setItem(`pace-${page.panel}`, JSON.stringify(times));
  } catch {
    // Storage may be forbidden: then the page shows counts without a time.
  }
};

// The median of this rater's own recent answers, times what is left; silent until there are a few.
const timeLeft = (left) => {
  const times = pace(`pace-${page.panel}`).sort((a, b) => a - b);
  if (times.length < ENOUGH || left < 1) return "";
  const seconds = (left * times[times.length >> 1]) / 1000;
  if (seconds < 50) return gettext("less than a minute left");
  return gettext("about {minutes} min left", { minutes: Math.max(1, Math.round(seconds / 60)) });
};

export const progress = (session) => {
  const { total } = session.progress;
  const voted = Math.min(total, session.progress.voted + session.waiting.length);
  const count = gettext("{number} of {total}", { number: Math.min(total, voted + 1), total });
  by("progress").max = Math.max(1, total);
  by("progress").value = voted;
  by("count").textContent = count;
  const time = timeLeft(total - voted);
  by("left").textContent = time;
  document.title = `${count} · Arena`;
  return count;
};

export const waiting = (session) => {
  const many = session.waiting.length;
  const shown = many > 0 && session.failures > 0;
  by("waiting").hidden = !shown;
  if (!shown) return;
  const text = ngettext("{count} vote waiting", "{count} votes waiting", many);
  if (by("waiting-text").textContent === text) return;
  by("waiting-text").textContent = text;
  say(`${text}. ${gettext("They are kept on this device and will be sent when the connection is back.")}`);
};

export const prompt = (text) => {
  const line = by("prompt");
  const more = by("more");
  line.textContent = text;
  line.classList.toggle("ask__prompt--long", text.length > 150);
  delete line.dataset.open;
  more.setAttribute("aria-expanded", "false");
  more.textContent = gettext("Show all");
  more.hidden = line.scrollHeight <= line.clientHeight + 2;
};

// What a block asks; its keys go into the list of keys.
export const question = ({ question: text, lang, helps = [] }) => {
  by("question").lang = lang;
  by("question").textContent = text;
  by("question").hidden = !text;
  by("help-protocol").replaceChildren(
    ...helps.map(([keys, meaning]) => {
      const line = document.createElement("div");
      const term = document.createElement("dt");
      line.className = "by-key";
      term.append(...keys.flatMap((key) => [Object.assign(document.createElement("kbd"), { textContent: key }), " "]));
      line.append(term, Object.assign(document.createElement("dd"), { textContent: meaning }));
      return line;
    }),
  );
};

export const toggleMore = () => {
  const open = by("prompt").toggleAttribute("data-open");
  by("more").setAttribute("aria-expanded", String(open));
  by("more").textContent = open ? gettext("Show less") : gettext("Show all");
};

export const veil = (text, retry) => {
  by("veil").hidden = !text;
  by("veil-text").textContent = text;
  by("veil-retry").hidden = !retry;
};

const PAUSES = {
  paused: [gettext("The study is paused"), gettext("Nothing is lost: your answers are stored. This page goes on by itself when the study does.")],
  closed: [gettext("The study is closed"), gettext("No more answers are taken. Thank you for the ones that you gave: they are stored.")],
  waiting: [gettext("Waiting for the connection"), gettext("Your answers are kept on this device and will be sent when the connection is back. This page then goes on by itself.")],
  empty: [gettext("One moment"), gettext("Other raters hold the last pictures just now. This page goes on by itself as soon as one comes free.")],
  last: [gettext("That was the last one"), gettext("All your answers are stored. If the last one was a slip, you can still undo it.")],
  unknown: [gettext("This browser has lost its place"), gettext("Open the link that you were sent once more to go on.")],
};

// Replaces the task by words; with no kind, brings the task back.
export const pausing = (kind, link) => {
  const box = by("pausing");
  const was = box.hidden ? "" : box.dataset.kind;
  by("content").hidden = Boolean(kind);
  box.hidden = !kind;
  if (!kind && was) by("prompt").focus();
  if (!kind || was === kind) return;
  box.dataset.kind = kind;
  [by("pausing-title").textContent, by("pausing-text").textContent] = PAUSES[kind];
  by("pausing-link").hidden = !link;
  if (link) [by("pausing-link").href, by("pausing-link").textContent] = link;
  document.title = `${PAUSES[kind][0]} · Arena`;
  (link ? by("pausing-link") : box).focus();
};

const REFUSALS = {
  already_answered: gettext("You had answered this one already, perhaps in another tab. That answer stands; here is the next."),
  unknown_assignment: gettext("That one is no longer open. Here is the next."),
  foreign_assignment: gettext("That one belongs to another session. Here is the next."),
  nothing_to_undo: gettext("There is nothing to undo any more."),
  study_closed: gettext("The study was closed before this answer arrived, so it could not be counted."),
};

export const refusal = (error) => notice(REFUSALS[error.code] ?? [error.message, error.mend].filter(Boolean).join(" "));
