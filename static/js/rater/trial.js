// One assignment on the stage: shown, unlocked when its pictures are decoded and seen, answered.

import { by, gettext, page } from "./page.js";
import * as pictures from "./pictures.js";
import { blockOf, mounted } from "./protocol.js";
import * as interlude from "./protocols/interlude.js";
import * as reasons from "./protocols/reasons.js";
import * as reference from "./protocols/reference.js";
import { watch } from "./seen.js";
import * as stage from "./stage.js";
import * as view from "./view.js";
import { zoomer } from "./zoom.js";

const SETTLE_MS = 180; // an answer meant for the pair before must not fall on the one that has just come up
const SLOW_MS = 350;

export const trial = (session) => {
  let shown = null; // { nonce, at, ready, settled, seen, zoomed }
  let protocol = null;
  let explaining = null; // the practice assignment whose feedback is awaited or on show
  let asking = false; // the answer is given, its reasons are not yet
  let stop = () => {}; // ends the watch over which pictures were seen
  let last = null; // the assignment shown before
  const met = new Set(); // parts of the study that were introduced

  const evidence = () => ({
    decoded_ms: Math.round(shown.ready - shown.at),
    answer_ms: Math.round(performance.now() - shown.ready),
    viewport_width: innerWidth,
    viewport_height: innerHeight,
    device_pixel_ratio: devicePixelRatio,
    zoomed: shown.zoomed,
  });

  // Whether an answer would be taken just now, for whoever drives the page from outside.
  const sign = () => by("answers").toggleAttribute("data-ready", Boolean(shown?.settled && shown.seen && !explaining));

  const hand = ({ assignment, answer, times }, remarks) => {
    if (session.current?.nonce !== assignment.nonce) return;
    view.notice("");
    view.notePace(performance.now() - shown.at);
    if (assignment.kind === "practice") {
      explaining = assignment;
      protocol.lock(true);
      sign();
    }
    session.answer(answer, times, remarks);
  };

  // Reasons come after the answer, and their time is not the answer's.
  const why = async (given, remarks) => {
    asking = true;
    const more = await reasons.ask(blockOf(given.assignment), given.answer);
    asking = false;
    if (more) hand(given, { ...remarks, ...more, ...(remarks?.text && more.text ? { text: `${remarks.text}\n${more.text}` } : {}) });
  };

  const give = (answer, remarks) => {
    if (!shown?.settled || asking || explaining || session.current?.nonce !== shown.nonce) return false;
    if (!shown.seen) return void view.notice(unseen()) || false;
    const given = { assignment: session.current, answer, times: evidence() };
    if (reasons.wanted(blockOf(given.assignment))) why(given, remarks);
    else hand(given, remarks);
    return true;
  };

  // Each part is introduced once; later changes between parts take a line only. A quiz that begins anew says so.
  const introduced = (assignment) => {
    const { block, kind } = assignment;
    const [was, part] = [last, `${block} ${kind}`];
    const [known, again] = [met.has(part), kind === "quiz" && !session.progress.voted && !session.waiting.length];
    met.add(part);
    last = assignment;
    if (was ? `${was.block} ${was.kind}` === part && !again : kind === "vote" || session.progress.voted) return undefined;
    if (known && !again) return view.notice(blockOf(assignment).question);
    return interlude.show({ block: blockOf(assignment), kind, was: was?.kind });
  };

  const tools = { give, say: view.say, notice: view.notice };
  const zoom = zoomer(by("stage"), by("zoom"), {
    used: () => shown && (shown.zoomed = true),
    tap: (spot, event) => protocol?.tap?.(spot, event),
  });

  const unlock = (mine, images, count) => {
    if (shown !== mine) return undefined;
    if (mine.told) {
      return mine.told.then(() => {
        mine.told = null;
        unlock(mine, images, count);
      });
    }
    mine.ready = performance.now();
    setTimeout(() => {
      mine.settled = true;
      sign();
    }, SETTLE_MS);
    stage.hang(images);
    by("stage").classList.remove("stage--loading");
    view.veil("");
    const ready = mine.first ? gettext("Ready. Answers: {answers}.", { answers: protocol.spoken }) : gettext("Ready.");
    view.say(`${count}. ${session.current.prompt}. ${ready}`);
    look();
    return ahead();
  };

  const unseen = () =>
    by("stage").classList.contains("stage--swipe") ? gettext("Swipe to see every picture first.") : gettext("Scroll to see every picture first.");

  // Voting opens when every picture was on the screen, which on most screens is at once.
  const look = () => {
    const mine = shown;
    if (mine?.ready === undefined || mine.seen) return;
    stop();
    const done = () => {
      if (shown !== mine) return;
      mine.seen = true;
      view.hint("");
      protocol.lock(false);
      sign();
    };
    stop = watch(stage.frames(), done, () => view.hint(unseen()));
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
    mine.told = introduced(assignment);
    protocol = mounted(assignment, protocol, tools);
    mine.first = protocol !== before;
    if (mine.first) view.question(protocol);
    shown = mine;
    sign();
    stop();
    view.hint("");
    zoom.reset();
    by("stage").scrollLeft = 0;
    protocol.lock(true);
    protocol.show(assignment);
    reference.show(assignment);
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
    look,
    // Nothing is in hand: the stage is empty and nothing can be answered.
    clear: () => {
      shown = { nonce: "", at: performance.now() };
      sign();
      stop();
      protocol?.lock(true);
      zoom.reset();
      by("stage").classList.add("stage--loading");
    },
    // The next call of show draws the same assignment anew.
    forget: () => (shown = { ...shown, nonce: "" }),
    explaining: () => explaining,
    explained: () => (explaining = null),
    key: (event) => Boolean(reference.key(event) || protocol?.early?.(event)) || zoom.key(event) || Boolean(protocol?.key(event)),
    submit: (button) => protocol?.submit(button),
    keepsArrows: () => document.body.classList.contains("voting--pairwise"),
  };
};
