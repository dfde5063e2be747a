// Ratings: a digit marks the criterion in focus and moves on to the next; Enter confirms.

export const likert = (form, give) => {
  const criteria = [...form.querySelectorAll("[data-criterion]")];
  const confirm = form.querySelector("#confirm");
  let active = 0;
  let locked = true;

  const marked = (criterion) => criterion.querySelector("input:checked");
  const complete = () => criteria.every(marked);

  const refresh = () => {
    criteria.forEach((criterion, at) => criterion.toggleAttribute("data-active", at === active));
    confirm.setAttribute("aria-disabled", String(locked || !complete()));
  };

  const go = (at, focus = true) => {
    active = Math.max(0, Math.min(at, criteria.length));
    refresh();
    const target = active === criteria.length ? confirm : (marked(criteria[active]) ?? criteria[active].querySelector("input"));
    if (focus) target.focus({ preventScroll: false });
  };

  form.addEventListener("focusin", ({ target }) => {
    const at = criteria.findIndex((criterion) => criterion.contains(target));
    active = at === -1 ? criteria.length : at;
    refresh();
  });
  form.addEventListener("change", refresh);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const missing = criteria.findIndex((criterion) => !marked(criterion));
    if (missing !== -1) return go(missing);
    give(Object.fromEntries(criteria.map((criterion) => [criterion.dataset.criterion, Number(marked(criterion).value)])));
  });

  const mark = (digit) => {
    const at = active === criteria.length ? criteria.findIndex((criterion) => !marked(criterion)) : active;
    const input = criteria[at]?.querySelector(`input[value="${digit}"]`);
    if (!input) return false;
    input.checked = true;
    go(at + 1);
    return true;
  };

  return {
    lock: (value) => {
      locked = value;
      refresh();
    },
    reset: () => {
      form.reset();
      // The first question takes the focus only from a rater who works by keyboard inside the form.
      go(0, form.contains(document.activeElement));
    },
    key: (event) => {
      if (event.shiftKey && /^[1-9]$/.test(event.key)) return false;
      if (/^[1-9]$/.test(event.key)) return mark(event.key);
      if (event.key === "Backspace") return go(active - 1) ?? true;
      if (event.key !== "Enter" || form.contains(event.target)) return false;
      form.requestSubmit();
      return true;
    },
    spoken: `${criteria.length} questions, each from 1 to 5`,
  };
};
