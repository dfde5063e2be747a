// How a protocol meets the page.
//
// A protocol is a module in protocols/, named in page.modules by the block's module and loaded before the first
// pictures of its block come up. It builds the answers; everything else on the page is built by the page.
//
//   export const mount = (root, block, { give, stage, panes, frames, say, notice }) => ({ … })
//     root            the empty element for its answers, inside the form #answers
//     block           { protocol, question, criteria, answers, points, size, … }, see selectors/rater_texts.py
//     give(answer, remarks)   hands the answer over; false while voting is locked. Shapes: see the model Vote
//     stage, panes(), frames()   the stage's element, its figures in shown order, and the .frame in each;
//                     an element .frame__layer put into a frame keeps to its picture through every zoom
//     say(text), notice(text)    to the screen reader alone; to everybody, for some seconds
//   and returns, for as long as the block lasts:
//     show(assignment)   the next assignment of the block is up: forget the answer before
//     lock(bool)      whether give() is refused just now (aria-disabled, so that the focus stays)
//     key(event)      a key that nobody else took; true when it was used
//     submit(button)  the form was submitted, by this button
//     spoken          the answers and their keys in one sentence, for the screen reader
//     destroy()       another block follows; root and what was put into the panes are emptied by the page
//   and may return
//     early(event)    like key, but asked before the keys of the zoom
//     tap({ position, x, y }, event)   a picture was tapped at this share of its width and height; true: no zoom
//     helps           [[["1", "9"], "Choose a picture"], …]: keys and meaning, for the list of keys
//
// page.modules.feedback explains a practice answer: show({ root, feedback, assignment, answer, block }) returns a
// promise, and the page goes on when it is kept. page.modules.reasons asks why, after an answer; interlude stands
// between two parts of a study. `answer` is what was given, `feedback` the server's.
//
// Texts: import { gettext, ngettext } from "../page.js" and call them with literals, which `make texts` collects.

import { by, page } from "./page.js";
import * as stage from "./stage.js";

const loaded = {};

export const load = async (name) => {
  loaded[name] ??= await import(page.modules[name]);
  return loaded[name];
};

// All protocols of the study, so that a change of block needs no network.
export const loadAll = () => Promise.all(Object.keys(page.modules).map(load));

export const ready = (name) => loaded[name];

export const blockOf = (assignment) => page.blocks[assignment.block];

const ours = ".frame > :not(img), :scope > :not(.frame, figcaption)";

// Mounts the protocol of a block, unless it stands already. `was` is what the call before returned.
export const mounted = (assignment, was, tools) => {
  if (was?.block === assignment.block) return was;
  const block = blockOf(assignment);
  was?.destroy();
  const root = by("answers-body");
  root.replaceChildren();
  for (const pane of stage.panes()) for (const part of pane.querySelectorAll(ours)) part.remove();
  document.body.className = `voting voting--${block.protocol}`;
  stage.build(assignment.pictures.length);
  const { panes, frames } = stage;
  const protocol = loaded[block.module].mount(root, block, { ...tools, stage: by("stage"), panes, frames });
  return { block: assignment.block, question: block.question, ...protocol };
};
