// Behaviour shared by the staff pages, bound by data attributes: copy buttons, sortable tables, confirmations.

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const field = document.querySelector(button.dataset.copy);
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(field.value ?? field.textContent);
      button.textContent = "Copied";
    } catch {
      field.select?.();
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => (button.textContent = label), 1600);
  });
}

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}

const cellValue = (row, index) => {
  const cell = row.cells[index];
  // An interval sorts by its lower bound.
  const raw = cell.dataset.value ?? cell.dataset.low ?? cell.textContent.trim();
  const number = Number(raw.replace(/ to −?[\d,.]+$/, "").replace(/^−/, "-").replace(/[\s,%]/g, ""));
  return raw !== "" && !Number.isNaN(number) ? number : raw.toLowerCase();
};

const sortBy = (table, header, index) => {
  const descending = header.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => {
    const [x, y] = [cellValue(a, index), cellValue(b, index)];
    const order = typeof x === typeof y ? (x > y ? 1 : x < y ? -1 : 0) : typeof x === "number" ? -1 : 1;
    return descending ? -order : order;
  });
  table.tBodies[0].append(...rows);
  table.dataset.sorted = "";
};

for (const table of document.querySelectorAll("table[data-sortable]")) {
  [...table.tHead.rows[table.tHead.rows.length - 1].cells].forEach((header, index) => {
    header.dataset.sort = "";
    const button = document.createElement("button");
    button.className = "linkish sort";
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sortBy(table, header, index));
  });
}

for (const input of document.querySelectorAll("input[data-filter]")) {
  const table = document.querySelector(input.dataset.filter);
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}

// On a phone the answer comes before the filter, unless something is filtered.
if (window.matchMedia("(max-width: 560px)").matches) {
  for (const box of document.querySelectorAll("details[data-folds]")) box.open = false;
}

// Where navigation scrolls sideways, the page one is on is in sight.
for (const current of document.querySelectorAll("nav [aria-current]")) {
  const row = current.closest("ul, nav");
  row.scrollLeft = current.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}

// After a refused form, the list of its problems is what is read first.
document.querySelector("[data-focus]")?.focus();
