// Charts and tables as files. A file says itself what it shows, of which study, and under which filter.

const download = (name, url) => {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
};

const LEAST_WIDTH = 560;
const LETTER = 6.2; // px of a usual letter of a subtitle

const wrapped = (text, most) =>
  text.split(" ").reduce((lines, word) => {
    const longer = `${lines.at(-1)} ${word}`.trim();
    return longer.length > most ? [...lines, word] : [...lines.slice(0, -1), longer];
  }, [""]);

export const saveChart = async (figure, kind, draw) => {
  const width = Math.max(figure.drawnWidth, LEAST_WIDTH);
  const said = [figure.querySelector("figcaption").textContent, figure.dataset.note ?? ""];
  const subtitle = said.filter(Boolean).flatMap((text) => wrapped(text.trim(), Math.floor(width / LETTER)));
  const canvas = document.createElement("div");
  // Where no fold of the page hides it: a canvas without room draws nothing.
  canvas.className = "offstage";
  canvas.style.width = `${width}px`;
  document.body.append(canvas);
  try {
    const text = figure.querySelector("h2, h3").textContent;
    const { view } = await draw(canvas, { text, subtitle }, width);
    download(`${figure.dataset.name}.${kind}`, await view.toImageURL(kind, 2));
    view.finalize();
  } finally {
    canvas.remove();
  }
};

const csvText = (raw) => {
  const text = raw.trim().replace(/\s+/g, " ");
  // Text that a spreadsheet would run as a formula is kept text; numbers stay numbers.
  const safe = /^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

// What shows an interval becomes columns of its bounds, behind the number where the cell has one too.
const csvCells = (rows) => {
  const cells = rows.map((row) => [...row.cells].filter((cell) => cell.dataset.csv !== "no"));
  const some = (index, holds) => cells.some((row) => row[index] && holds(row[index].dataset));
  const bounded = cells[0].map((_, index) => some(index, (data) => "low" in data));
  const valued = cells[0].map((_, index) => !bounded[index] || some(index, (data) => "low" in data && "value" in data));
  return cells.map((row, at) =>
    row.flatMap((cell, index) => {
      const own = cell.dataset.value ?? cell.textContent;
      const { low = "", high = "" } = cell.dataset;
      const bounds = at ? [low, high] : [`${own.trim()}, low`, `${own.trim()}, high`];
      return [...(valued[index] ? [own] : []), ...(bounded[index] ? bounds : [])].map(csvText);
    }),
  );
};

const tableUrl = (table) => {
  const rows = [...table.rows].filter((row) => !row.hidden);
  const note = table.dataset.note && csvText(table.dataset.note);
  const lines = csvCells(rows).map((cells, index) => [...cells, ...(note ? [index ? note : "Of"] : [])].join(","));
  return URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
};

for (const button of document.querySelectorAll("[data-save-table]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const url = tableUrl(document.getElementById(button.dataset.saveTable));
    download(`${button.dataset.saveTable}.csv`, url);
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
}
