// One assignment on the stage: shown, unlocked when its pictures are decoded and seen, answered.

import { by, gettext, page } from "./page.js";
import * as pictures from "./pictures.js";
import { mounted } from "./protocol.js";
import * as stage from "./stage.js";
import * as view from "./view.js";
import { zoomer } from "./zoom.js";

const SETTLE_MS = 180; // an answer meant for the pair before must not fall on the one that has just come up
const SLOW_MS = 350;

export const trial = (session) => {
  let shown = null; // { nonce, at, ready, zoomed }
  let protocol = null;
  let explaining = null; // the practice assignment whose feedback is awaited or on show

  const evidence = () => ({
    decoded_ms: Math.round(shown.ready - shown.at),
    answer_ms: Math.round(performance.now() - shown.ready),
    viewport_width: innerWidth,
    viewport_height: innerHeight,
    device_pixel_ratio: devicePixelRatio,
    zoomed: shown.zoomed,
  });

  const give = (answer, remarks) => {
    const unlocked = shown?.ready !== undefined && performance.now() - shown.ready > SETTLE_MS;
    if (!unlocked || explaining || session.current?.nonce !== shown.nonce) return false;
    view.notice("");
    view.notePace(performance.now() - shown.at);
    if (session.current.kind === "practice") {
      explaining = session.current;
      protocol.lock(true);
    }
    session.answer(answer, evidence(), remarks);
    return true;
  };

  const tools = { give, say: view.say, notice: view.notice };
  const zoom = zoomer(by("stage"), by("zoom"), {
    used: () => shown && (shown.zoomed = true),
    tap: (spot, event) => protocol?.tap?.(spot, event),
  });

  const unlock = (mine, images, count) => {
    if (shown !== mine) return;
    mine.ready = performance.now();
    stage.hang(images);
    by("stage").classList.remove("stage--loading");
    view.veil("");
    protocol.lock(false);
    const ready = mine.first ? gettext("Ready. Answers: {answers}.", { answers: protocol.spoken }) : gettext("Ready.");
    view.say(`${count}. ${session.current.prompt}. ${ready}`);
    ahead();
  };

  const ahead = () => {
    for (const assignment of session.ahead) pictures.load(assignment);
  };

  const failed = (mine) => {
    if (shown !== mine) return;
    by("stage").classList.add("stage--loading");
    view.veil(gettext("The pictures could not be loaded."), true);
  };

  const show = (assignment, count) => {
    if (assignment.nonce === shown?.nonce) return shown.ready === undefined ? undefined : ahead();
    const mine = { nonce: assignment.nonce, at: shown ? performance.now() : 0, zoomed: false };
    const before = protocol;
    protocol = mounted(assignment, protocol, tools);
    mine.first = protocol !== before;
    if (mine.first) view.question(protocol);
    shown = mine;
    zoom.reset();
    protocol.lock(true);
    protocol.show(assignment);
    by("answers").elements.nonce.value = assignment.nonce;
    view.prompt(assignment.prompt);
    const entry = pictures.load(assignment);
    if (entry.ready) return unlock(mine, entry.images, count);
    // The server drew the first ones; anything else stays hidden until it is whole.
    by("stage").classList.toggle("stage--loading", assignment.nonce !== page.first.assignments[0]?.nonce);
    setTimeout(() => shown === mine && mine.ready === undefined && view.veil(gettext("Loading the pictures …")), SLOW_MS);
    return entry.done.then(() => unlock(mine, entry.images, count), () => failed(mine));
  };

  return {
    show,
    // Nothing is in hand: the stage is empty and nothing can be answered.
    clear: () => {
      shown = { nonce: "", at: performance.now() };
      protocol?.lock(true);
      zoom.reset();
      by("stage").classList.add("stage--loading");
    },
    // The next call of show draws the same assignment anew.
    forget: () => (shown = { ...shown, nonce: "" }),
    explaining: () => explaining,
    explained: () => (explaining = null),
    key: (event) => zoom.key(event) || Boolean(protocol?.key(event)),
    submit: (button) => protocol?.submit(button),
    keepsArrows: () => document.body.classList.contains("voting--pairwise"),
  };
};
