// The voting page: binds session, pictures, answers and zoom to the page that the server drew.

import { Refusal } from "./api.js";
import { likert } from "./likert.js";
import { pairwise } from "./pairwise.js";
import * as pictures from "./pictures.js";
import { Session } from "./session.js";
import * as view from "./view.js";
import { zoomer } from "./zoom.js";

const by = (id) => document.getElementById(id);
const page = by("content");
const stage = by("stage");
const help = by("help-dialog");
const { panel, protocol, next, votes, undo, done } = page.dataset;
const first = JSON.parse(by("first").textContent);
const session = new Session({ panel, urls: { next, votes, undo }, first });

const SETTLE_MS = 180; // an answer meant for the pair before must not fall on the one that has just come up
const SLOW_MS = 350;
const BREAK_MS = 20 * 60 * 1000;

let shown = null; // { nonce, at, ready, zoomed }

const evidence = () => ({
  decoded_ms: Math.round(shown.ready - shown.at),
  answer_ms: Math.round(performance.now() - shown.ready),
  viewport_width: innerWidth,
  viewport_height: innerHeight,
  device_pixel_ratio: devicePixelRatio,
  zoomed: shown.zoomed,
});

const give = (answer) => {
  const unlocked = shown?.ready !== undefined && performance.now() - shown.ready > SETTLE_MS;
  if (!unlocked || session.current?.nonce !== shown.nonce) return false;
  view.notice("");
  view.notePace(panel, performance.now() - shown.at);
  session.answer(answer, evidence());
  return true;
};

const answers = (protocol === "likert" ? likert : pairwise)(by("answers"), give);
const zoom = zoomer(stage, by("zoom"), () => shown && (shown.zoomed = true));

const unlock = (mine, images, count) => {
  if (shown !== mine) return;
  mine.ready = performance.now();
  stage.querySelectorAll(".frame").forEach((frame, at) => {
    if (frame.firstElementChild !== images[at]) frame.replaceChildren(images[at]);
  });
  stage.classList.remove("stage--loading");
  view.veil("");
  answers.lock(false);
  view.say(`${count}. ${session.current.prompt}. ${mine.first ? `Ready. Answers: ${answers.spoken}.` : "Ready."}`);
  for (const assignment of session.ahead) pictures.load(assignment);
};

const show = (assignment, count) => {
  const mine = { nonce: assignment.nonce, at: shown ? performance.now() : 0, zoomed: false, first: !shown };
  shown = mine;
  zoom.reset();
  answers.lock(true);
  answers.reset();
  by("answers").elements.nonce.value = assignment.nonce;
  view.prompt(assignment.prompt);
  const entry = pictures.load(assignment);
  if (entry.ready) return unlock(mine, entry.images, count);
  // The server drew the first pair; anything else stays hidden until it is whole.
  stage.classList.toggle("stage--loading", assignment.nonce !== first.assignments[0]?.nonce);
  setTimeout(() => shown === mine && mine.ready === undefined && view.veil("Loading the pictures …"), SLOW_MS);
  entry.done.then(
    () => unlock(mine, entry.images, count),
    () => {
      if (shown !== mine) return;
      stage.classList.add("stage--loading");
      view.veil("The pictures could not be loaded.", true);
    },
  );
};

const reload = () => {
  if (!session.current) return;
  shown = { ...shown, nonce: "" };
  render();
};

const halted = () => {
  if (session.state === "finished" && !session.waiting.length) {
    // Until the code is asked for, the last answer can be taken back.
    return session.canUndo ? view.pausing("last", [location.pathname, "Finish and show my code"]) : location.replace(done);
  }
  if (session.state === "closed") return view.pausing("closed", session.progress.voted ? [done, "Show my code"] : undefined);
  if (session.state === "paused") return view.pausing("paused");
  if (session.failures) return view.pausing("waiting");
  // A vote is on its way and brings the next ones with it: too short a wait for words.
  if (session.waiting.length) return undefined;
  return view.pausing("empty");
};

const render = () => {
  const count = view.progress(session);
  pictures.keepOnly([session.current, ...session.ahead].filter(Boolean));
  if (!session.current) {
    shown = { nonce: "", at: performance.now() };
    answers.lock(true);
    zoom.reset();
    stage.classList.add("stage--loading");
    return halted();
  }
  view.pausing("");
  if (session.current.nonce !== shown?.nonce) show(session.current, count);
  else if (shown.ready !== undefined) for (const assignment of session.ahead) pictures.load(assignment);
  return undefined;
};

const takeBack = async () => {
  if (by("undo-form").hidden) return;
  try {
    await session.undo();
    view.notice("The last answer was taken back.");
  } catch (error) {
    if (error instanceof Refusal) view.refusal(error);
    else view.notice("There is no connection just now, so the last answer could not be taken back.");
  }
};

session.addEventListener("change", render);
session.addEventListener("waiting", () => {
  view.waiting(session);
  view.progress(session);
  if (!session.current) halted();
});
session.addEventListener("moved", ({ reason }) => {
  view.notice(reason === "tab" ? "Answered in another tab. Here is the next." : "That one is no longer open. Here is the next.");
});
session.addEventListener("refused", ({ error }) => {
  if (error.status === 401 || error.code === "unknown_rater" || error.code === "consent_required") view.pausing("unknown", [location.href, "Open the link"]);
  else view.refusal(error);
});

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.altKey || help.open) return;
  if (event.ctrlKey && event.key.toLowerCase() !== "z") return;
  const key = event.key.toLowerCase();
  // A key held down never answers twice; it may still pan or move the focus.
  if (event.repeat && !event.shiftKey) return key.startsWith("arrow") && protocol === "pairwise" ? event.preventDefault() : undefined;
  if (key === "u" || (event.ctrlKey && key === "z")) takeBack();
  else if (event.ctrlKey) return;
  else if (event.key === "?") help.showModal();
  else if (!zoom.key(event) && !answers.key(event)) return;
  event.preventDefault();
});

by("undo-form").addEventListener("submit", (event) => {
  event.preventDefault();
  takeBack();
});
by("help").addEventListener("click", () => help.showModal());
help.addEventListener("click", (event) => event.target === help && help.close());
by("more").addEventListener("click", view.toggleMore);
by("veil-retry").addEventListener("click", reload);
by("send-now").addEventListener("click", () => session.resume());
addEventListener("online", () => {
  session.resume();
  if (!by("veil-retry").hidden) reload();
});
addEventListener("pageshow", (event) => event.persisted && session.refresh());
let hiddenAt = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now();
  else if (Date.now() - hiddenAt > 60000) session.refresh();
});
addEventListener("beforeunload", (event) => {
  if (session.waiting.length && session.memoryOnly) event.preventDefault();
});
setInterval(() => {
  view.notice("You have been voting for a while. A break does no harm: everything so far is stored.");
}, BREAK_MS);

document.documentElement.classList.add("js");
const [mine] = first.assignments;
if (mine) pictures.adopt(mine, [...stage.querySelectorAll(".frame img")]);
session.outbox.durable().then((durable) => (session.memoryOnly = !durable));
answers.lock(true);
session.start();
