// Skip with a reason, or say which picture is broken.

import { Refusal } from "./api.js";
import { by, gettext } from "./page.js";
import { mark, name, panes } from "./stage.js";
import * as view from "./view.js";

const BROKEN = "broken";

export const reports = (session) => {
  const dialog = by("report-dialog");
  const form = by("report-form");
  const which = by("report-which");
  let subject = null; // the assignment that was up when the dialog opened

  const reason = () => form.elements.reason.value;

  const refresh = () => {
    which.hidden = reason() !== BROKEN || panes().length < 2;
    by("report-send").setAttribute("aria-disabled", String(!reason()));
    by("report-problem").hidden = true;
  };

  const choice = (at, count) => {
    const label = document.createElement("label");
    label.className = "which";
    label.append(Object.assign(document.createElement("input"), { type: "radio", name: "position", value: at, checked: at === 0 }));
    label.append(Object.assign(document.createElement("span"), { textContent: mark(at, count), title: name(at, count) }));
    label.firstElementChild.setAttribute("aria-label", name(at, count));
    return label;
  };

  const open = () => {
    if (!session.current || dialog.open) return;
    subject = session.current;
    form.reset();
    by("report-choices").replaceChildren(...panes().map((_, at, all) => choice(at, all.length)));
    refresh();
    dialog.showModal();
  };

  const problem = (text) => {
    by("report-problem").textContent = text;
    by("report-problem").hidden = false;
  };

  const send = async () => {
    const broken = reason() === BROKEN;
    const position = broken ? Number(form.elements.position?.value ?? 0) : undefined;
    const body = { kind: broken ? BROKEN : "skip", reason: broken ? "other" : reason(), position, note: form.elements.note.value };
    try {
      await session.report(subject, body);
      dialog.close();
      view.notice(gettext("Skipped. Thank you for saying why."));
    } catch (error) {
      if (!(error instanceof Refusal)) return problem(gettext("There is no connection just now. Try again in a moment."));
      dialog.close();
      view.refusal(error);
      session.refresh();
    }
    return undefined;
  };

  form.addEventListener("change", refresh);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    if (!reason()) return problem(gettext("Choose a reason first."));
    send();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  by("report").addEventListener("click", open);
  return { open, close: () => dialog.open && dialog.close() };
};
