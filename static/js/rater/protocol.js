// How a protocol meets the page.
//
// A protocol is a module in protocols/, named by the block's `module`. It builds the answers; everything else on
// the page is built by the page.
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
// protocols/feedback.js explains a practice answer, reasons.js asks why after an answer, interlude.js stands between
// two parts of a study, reference.js shows the picture that was to be made.
//
// Texts: gettext and ngettext come from page.js and are called with literals, which `make texts` collects.

import { by, page } from "./page.js";
import * as best_of_n from "./protocols/best_of_n.js";
import * as criteria from "./protocols/criteria.js";
import * as failure_review from "./protocols/failure_review.js";
import * as pairwise from "./protocols/pairwise.js";
import * as ranking from "./protocols/ranking.js";
import * as stage from "./stage.js";

// All of them are at hand, so that a change of block needs no network.
const protocols = { best_of_n, criteria, failure_review, pairwise, ranking };

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
  const protocol = protocols[block.module].mount(root, block, { ...tools, stage: by("stage"), panes, frames });
  return { block: assignment.block, question: block.question, lang: block.lang, ...protocol };
};
