// The voting page: binds session, stage and tools to the page that the server drew. How a protocol joins in is
// told in protocol.js.

import { by, gettext, page } from "./page.js";
import * as pictures from "./pictures.js";
import { blockOf } from "./protocol.js";
import * as practice from "./protocols/feedback.js";
import { reports } from "./reports.js";
import { Session } from "./session.js";
import * as stage from "./stage.js";
import { fullscreen, oneAtATime, resting, singleKeys, undoing } from "./tools.js";
import { trial } from "./trial.js";
import * as view from "./view.js";

const help = by("help-dialog");
const { first, urls } = page;
const session = new Session({ panel: page.panel, urls, first });
const turn = trial(session);
const undo = undoing(session, () => !turn.explaining());
const report = reports(session);
const fill = fullscreen();
const wanted = singleKeys();

const halted = () => {
  const code = [urls.done, gettext("Show my code")];
  if (session.state === "screened_out") return location.replace(urls.done);
  if (session.state === "finished" && !session.waiting.length) {
    // Until the code is asked for, the last answer can be taken back.
    return session.canUndo ? view.pausing("last", [location.pathname, gettext("Finish and show my code")]) : location.replace(urls.done);
  }
  if (session.state === "closed") return view.pausing("closed", session.progress.voted ? code : undefined);
  if (session.state === "paused") return view.pausing("paused");
  if (session.failures) return view.pausing("waiting");
  // A vote is on its way and brings the next ones with it: too short a wait for words.
  if (session.waiting.length) return undefined;
  return view.pausing("empty");
};

const render = () => {
  if (turn.explaining()) return undefined;
  const count = view.progress(session);
  undo.paint();
  pictures.keepOnly([session.current, ...session.ahead].filter(Boolean));
  if (!session.current) {
    turn.clear();
    return halted();
  }
  view.pausing("");
  return turn.show(session.current, count);
};

const reload = () => {
  if (!session.current) return;
  turn.forget();
  render();
};

// A practice answer is explained before the next pictures come up; without a connection it is not.
const explain = async ({ feedback, vote }) => {
  const { assignment, answer } = vote;
  if (turn.explaining()?.nonce !== assignment.nonce) return;
  if (feedback) {
    await practice.show({ root: by("feedback"), feedback, assignment, answer, block: blockOf(assignment) });
    by("feedback").replaceChildren();
  }
  turn.explained();
  render();
};

session.addEventListener("change", render);
session.addEventListener("feedback", explain);
session.addEventListener("waiting", () => {
  view.waiting(session);
  if (session.failures && turn.explaining()) {
    turn.explained();
    render();
  }
  view.progress(session);
  undo.paint();
  if (!session.current) halted();
});
session.addEventListener("moved", ({ reason }) => {
  report.close();
  view.notice(reason === "tab" ? gettext("Answered in another tab. Here is the next.") : gettext("That one is no longer open. Here is the next."));
});
session.addEventListener("surplus", () => {
  view.notice(gettext("Thank you. Somebody else had answered that one meanwhile; your answer is stored all the same."));
});
session.addEventListener("refused", ({ error, vote }) => {
  if (vote && turn.explaining()) explain({ vote });
  if (["unknown_rater", "consent_required", "csrf_failed"].includes(error.code)) view.pausing("unknown", [location.href, gettext("Open the link")]);
  else view.refusal(error);
});

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.altKey || event.isComposing || !wanted(event) || document.querySelector("dialog[open]")) return;
  if (event.target.closest("textarea, input:not([type=radio], [type=checkbox]), select")) return;
  if (event.target === by("stage") && event.key.startsWith("Arrow") && !event.shiftKey) return;
  if (event.ctrlKey && event.key.toLowerCase() !== "z") return;
  const key = event.key.toLowerCase();
  // A key held down never answers twice; it may still pan or move the focus.
  if (event.repeat && !event.shiftKey) return key.startsWith("arrow") && turn.keepsArrows() ? event.preventDefault() : undefined;
  if (key === "u" || (event.ctrlKey && key === "z")) undo.takeBack();
  else if (event.ctrlKey) return;
  else if (key === "f") fill();
  else if (key === "s") report.open();
  else if (event.key === "?") help.showModal();
  else if (!turn.key(event)) return;
  event.preventDefault();
});

by("answers").addEventListener("submit", (event) => {
  event.preventDefault();
  turn.submit(event.submitter);
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
resting();
oneAtATime(turn.look);

document.documentElement.classList.add("js");
const [mine] = first.assignments;
if (mine) pictures.adopt(mine, stage.frames().map((frame) => frame.querySelector("img")));
session.outbox.durable().then((durable) => (session.memoryOnly = !durable));
session.start();
