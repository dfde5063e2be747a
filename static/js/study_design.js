// The design form: shows what belongs to the chosen protocol, and keeps the plan's size up to date.

const form = document.querySelector("form[data-plan-url]");
const WATCHED = [
  "protocol", "overlap", "comparisons_per_prompt", "check_every", "max_votes_per_rater", "design", "baseline",
  "size", "samples_per_generator",
];
let waiting;
let latest = 0;

// Answers that a reason may be required after, by protocol.
const ANSWERS = {
  pairwise: ["left", "right", "much_left", "much_right", "tie", "both_bad", "cannot_judge"],
  likert: ["cannot_judge"],
  best_of_n: ["none", "cannot_judge"],
  ranking: ["cannot_judge"],
  failure_review: ["none", "other"],
};

const showProtocol = () => {
  const data = new FormData(form);
  const chosen = data.get("protocol");
  const belongs = (part, name) => part.dataset[name].split(" ").includes(data.get(name));
  for (const name of ["protocol", "design", "points"]) {
    for (const part of form.querySelectorAll(`[data-${name}]`)) part.hidden = !belongs(part, name);
  }
  for (const box of form.querySelectorAll('[name="required_for"]')) {
    box.closest(".choice").hidden = !ANSWERS[chosen]?.includes(box.value);
  }
};

const show = (plan) => {
  for (const slot of form.querySelectorAll("[data-plan]")) {
    slot.textContent = plan ? plan[slot.dataset.plan].toLocaleString("en") : "–";
  }
  form.querySelector("[data-plan-skipped]").hidden = !plan?.skipped_prompts;
};

const refresh = async () => {
  const data = new FormData(form);
  const query = new URLSearchParams(WATCHED.map((name) => [name, data.get(name) ?? ""]));
  const mine = ++latest;
  try {
    const answer = await fetch(`${form.dataset.planUrl}?${query}`, { headers: { Accept: "application/json" } });
    const plan = answer.ok ? await answer.json() : null;
    // An older answer that arrives late must not overwrite a newer one.
    if (mine === latest) show(plan);
  } catch {
    if (mine === latest) show(null);
  }
};

if (form) {
  showProtocol();
  form.addEventListener("input", (event) => {
    showProtocol();
    if (!WATCHED.includes(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 250);
  });
}
