// Writes the session's state into the page: prompt, progress, notices, what a screen reader hears.

const by = (id) => document.getElementById(id);
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const NOTICE_MS = 9000;
const RECENT = 20;
const ENOUGH = 3;

export const say = (text) => {
  by("said").textContent = text;
};

let noticeTimer;
export const notice = (text) => {
  const line = by("notice");
  line.textContent = text;
  line.hidden = !text;
  clearTimeout(noticeTimer);
  if (text) noticeTimer = setTimeout(() => (line.hidden = true), NOTICE_MS);
};

const pace = (key) => {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
};

export const notePace = (panel, ms) => {
  try {
    const times = [...pace(`pace-${panel}`), ms].slice(-RECENT);
    sessionStorage.setItem(`pace-${panel}`, JSON.stringify(times));
  } catch {
    // Storage may be forbidden: then the page shows counts without a time.
  }
};

// The median of this rater's own recent answers, times what is left; silent until there are a few.
const timeLeft = (panel, left) => {
  const times = pace(`pace-${panel}`).sort((a, b) => a - b);
  if (times.length < ENOUGH || left < 1) return "";
  const seconds = (left * times[times.length >> 1]) / 1000;
  return seconds < 50 ? "less than a minute left" : `about ${Math.max(1, Math.round(seconds / 60))} min left`;
};

export const progress = (session) => {
  const { total } = session.progress;
  const voted = Math.min(total, session.progress.voted + session.waiting.length);
  const count = `${Math.min(total, voted + 1)} of ${total}`;
  by("progress").max = Math.max(1, total);
  by("progress").value = voted;
  by("count").textContent = count;
  const time = timeLeft(session.panel, total - voted);
  by("left").textContent = time && `· ${time}`;
  document.title = `${count} · Arena`;
  by("undo-form").hidden = !(session.canUndo || session.waiting.length);
  return count;
};

export const waiting = (session) => {
  const many = session.waiting.length;
  const shown = many > 0 && session.failures > 0;
  by("waiting").hidden = !shown;
  if (!shown) return;
  const text = `${plural(many, "vote")} waiting`;
  if (by("waiting-text").textContent === text) return;
  by("waiting-text").textContent = text;
  say(`${text}. They are kept on this device and will be sent when the connection is back.`);
};

export const prompt = (text) => {
  const line = by("prompt");
  const more = by("more");
  line.textContent = text;
  line.classList.toggle("ask__prompt--long", text.length > 150);
  delete line.dataset.open;
  more.setAttribute("aria-expanded", "false");
  more.textContent = "Show all";
  more.hidden = line.scrollHeight <= line.clientHeight + 2;
};

export const toggleMore = () => {
  const open = by("prompt").toggleAttribute("data-open");
  by("more").setAttribute("aria-expanded", String(open));
  by("more").textContent = open ? "Show less" : "Show all";
};

export const veil = (text, retry) => {
  by("veil").hidden = !text;
  by("veil-text").textContent = text;
  by("veil-retry").hidden = !retry;
};

const PAUSES = {
  paused: ["The study is paused", "Nothing is lost: your answers are stored. This page goes on by itself when the study does."],
  closed: ["The study is closed", "No more answers are taken. Thank you for the ones that you gave: they are stored."],
  waiting: ["Waiting for the connection", "Your answers are kept on this device and will be sent when the connection is back. This page then goes on by itself."],
  empty: ["One moment", "Other raters hold the last pictures just now. This page goes on by itself as soon as one comes free."],
  last: ["That was the last one", "All your answers are stored. If the last one was a slip, you can still undo it."],
  unknown: ["This browser has lost its place", "Open the link that you were sent once more to go on."],
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
  already_answered: "You had answered this one already, perhaps in another tab. That answer stands; here is the next.",
  lease_expired: "That one had been open for too long and went to someone else. Here is the next.",
  unknown_assignment: "That one is no longer open. Here is the next.",
  foreign_assignment: "That one belongs to another session. Here is the next.",
  nothing_to_undo: "There is nothing to undo any more.",
  study_closed: "The study was closed before this answer arrived, so it could not be counted.",
};

export const refusal = (error) => notice(REFUSALS[error.code] ?? [error.message, error.mend].filter(Boolean).join(" "));
