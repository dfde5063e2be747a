// Draws the Vega-Lite specs that the server made, in the colours of the page, and saves charts and tables.
// The Content-Security-Policy forbids eval, so Vega's expressions are interpreted from their syntax trees.
import { expressionInterpreter } from "../vendor/vega-interpreter.min.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const NARROW = 520;

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const list = (name, count) => Array.from({ length: count }, (_, i) => of(`${name}-${i + 1}`));
  return { of, category: list("chart", 6), diverging: list("chart-diverging", 3), points: list("chart-points", 5) };
};

const theme = (width) => {
  const { of, category, diverging, points } = colours();
  const text = { labelColor: of("ink-2"), titleColor: of("ink-2"), labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 };
  return {
    aria: false,
    background: of("surface"),
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: { ...text, gridColor: of("line"), domainColor: of("line-strong"), tickColor: of("line-strong") },
    axisY: { labelColor: of("ink"), labelLimit: width < NARROW ? 110 : 200, grid: false },
    axisX: { labelFlush: false },
    axisQuantitative: { tickCount: width < NARROW ? 4 : 8, grid: true },
    legend: { ...text, labelFontSize: 12 },
    header: { labelColor: of("ink"), titleColor: of("ink"), labelFontSize: 13, labelFontWeight: 600, labelLimit: 220 },
    range: { category, diverging, ordinal: points },
    mark: { color: of("accent") },
    style: {
      interval: { color: of("accent"), strokeWidth: 2, opacity: 0.75 },
      dot: { fill: of("accent"), stroke: of("surface"), strokeWidth: 1, filled: true, size: 80, opacity: 1 },
      cloud: { fill: of("accent"), filled: true, opacity: 0.5 },
      wide: { fill: of("accent"), opacity: 0.4 },
      reference: { color: of("line-strong"), strokeDash: [4, 4] },
      share: { color: of("ink"), fontSize: 12 },
    },
  };
};

const fitted = (spec, width) => {
  if (!spec.facet) return spec;
  // As many panels side by side as fit; on a phone one, as wide as the page.
  const panel = 350;
  const columns = Math.max(1, Math.floor(width / panel));
  const inner = columns > 1 ? Math.floor(width / columns) - 170 : Math.max(140, width - 150);
  return { ...spec, columns, spec: { ...spec.spec, width: inner } };
};

const draw = async (figure) => {
  const canvas = figure.querySelector("[data-canvas]");
  const spec = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const width = canvas.parentElement.clientWidth;
  figure.view?.finalize();
  const { view } = await window.vegaEmbed(canvas, fitted(spec, width), {
    mode: "vega-lite",
    ast: true,
    expr: expressionInterpreter,
    renderer: "svg",
    actions: false,
    config: theme(width),
    logLevel: window.vega.Error,
    tooltip: { theme: dark.matches ? "dark" : "light" },
  });
  figure.view = view;
  figure.drawnWidth = width;
  // The description stands on the container; what Vega adds inside is for the eye.
  canvas.querySelector("svg")?.setAttribute("aria-hidden", "true");
  figure.dataset.drawn = "";
};

const download = (name, url) => {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
};

const csvCell = (cell) => {
  const text = (cell.dataset.value ?? cell.textContent).trim().replace(/\s+/g, " ");
  // Text that a spreadsheet would run as a formula is kept text; numbers stay numbers.
  const safe = /^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

const tableUrl = (table) => {
  const rows = [...table.rows].filter((row) => !row.hidden);
  const lines = rows.map((row) => [...row.cells].filter((c) => c.dataset.csv !== "no").map(csvCell).join(","));
  return URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
};

const figures = [...document.querySelectorAll("[data-chart]")];

for (const figure of figures) {
  const name = figure.dataset.name;
  for (const button of figure.querySelectorAll("[data-save-chart]")) {
    button.addEventListener("click", async () => {
      const kind = button.dataset.saveChart;
      download(`${name}.${kind}`, await figure.view.toImageURL(kind, 2));
    });
  }
}

for (const button of document.querySelectorAll("[data-save-table]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const url = tableUrl(document.getElementById(button.dataset.saveTable));
    download(`${button.dataset.saveTable}.csv`, url);
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  });
}

const drawSafely = (figure) =>
  draw(figure).then(
    () => figure.querySelectorAll("[data-save-chart]").forEach((button) => (button.hidden = false)),
    (error) => {
      console.error(error);
      figure.querySelector("[data-failed]").hidden = false;
    },
  );

const drawAll = async () => {
  // One after the other: a page with many charts stays responsive, the first appears at once.
  for (const figure of figures) await drawSafely(figure);
};

dark.addEventListener("change", drawAll);
let waiting;
window.addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    for (const figure of figures) {
      const width = figure.querySelector("[data-canvas]").parentElement.clientWidth;
      if (figure.drawnWidth !== width) drawSafely(figure);
    }
  }, 200);
});
drawAll();
