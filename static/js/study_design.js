// The design form: shows what belongs to the chosen protocol, and keeps the plan's size up to date.

const form = document.querySelector("form[data-plan-url]");
const WATCHED = ["protocol", "overlap", "comparisons_per_prompt", "check_every", "max_votes_per_rater"];
let waiting;
let latest = 0;

const showProtocol = () => {
  const chosen = new FormData(form).get("protocol");
  for (const part of form.querySelectorAll("[data-protocol]")) part.hidden = part.dataset.protocol !== chosen;
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
    if (!WATCHED.includes(event.target.name)) return;
    showProtocol();
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 250);
  });
  document.querySelector("[data-focus]")?.focus();
}
