// Draws the Vega-Lite specs that the server made, in the colours of the page, for the room there is.
// The Content-Security-Policy forbids eval, so Vega's expressions are interpreted from their syntax trees.
import { expressionInterpreter } from "../vendor/vega-interpreter.min.js";
import { saveChart } from "./chart_files.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const NARROW = 520;
const MIDDLE = 900;

// Names of generators differ at their ends, so long ones lose their middle.
const letters = (width) => (width < NARROW ? 18 : width < MIDDLE ? 30 : 44);
const shortened = (most) =>
  `length(datum.label) > ${most} ? slice(datum.label, 0, ${Math.ceil(most / 2) - 1}) + '…' + slice(datum.label, -${Math.floor(most / 2)}) : datum.label`;

const cut = (text, most) =>
  text.length > most ? `${text.slice(0, Math.ceil(most / 2) - 1)}…${text.slice(-Math.floor(most / 2))}` : text;

const pen = document.createElement("canvas").getContext("2d");
const drawnWidth = (text) => {
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
};

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const list = (name, count) => Array.from({ length: count }, (_, i) => of(`${name}-${i + 1}`));
  return { of, category: list("chart", 6), diverging: list("chart-diverging", 3), points: list("chart-points", 5) };
};

// As many ticks as have room for their labels.
const ticks = (room) => Math.max(3, Math.min(8, Math.floor(room / 70)));

const theme = (width, room) => {
  const { of, category, diverging, points } = colours();
  const text = { labelColor: of("ink-2"), titleColor: of("ink-2"), labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 };
  return {
    aria: false,
    background: of("surface"),
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: { ...text, gridColor: of("line"), domainColor: of("line-strong"), tickColor: of("line-strong") },
    axisY: { labelColor: of("ink"), labelLimit: 360, labelExpr: shortened(letters(width)), grid: false },
    axisX: { titleLimit: Math.max(room - 40, 120), labelFlush: false, labelSeparation: 4, labelLimit: 360, labelExpr: shortened(letters(width)) },
    title: { color: of("ink"), subtitleColor: of("ink-2"), anchor: "start", fontSize: 15, subtitleFontSize: 11, subtitlePadding: 5, offset: 14 },
    axisQuantitative: { tickCount: ticks(room), grid: true },
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
      share: { color: of("ink"), fontSize: width < NARROW ? 10 : 12 },
    },
  };
};

const layers = (spec) => (spec.layer ?? [spec]).map((layer) => ({ ...spec.encoding, ...layer.encoding }));

// Room that the names down the side take.
const namesWidth = (spec, data, width) => {
  const field = layers(spec)[0].y?.field;
  const names = new Set(data.map((row) => row[field]).filter((name) => typeof name === "string"));
  return Math.max(0, ...[...names].map((name) => drawnWidth(cut(name, letters(width))))) + 24;
};

// As many panels side by side as fit; on a phone one, as wide as the page.
const fittedPanels = (spec, width) => {
  const names = namesWidth(spec.spec, spec.data.values, width);
  const panels = new Set(spec.data.values.map((row) => row[spec.facet.field])).size;
  const columns = Math.max(1, Math.min(3, panels, Math.floor(width / (names + 170))));
  const inner = Math.max(120, Math.floor(width / columns) - names - 26);
  return { ...spec, columns, spec: { ...spec.spec, width: inner } };
};

// A matrix as wide as it likes, or as the page lets it; below that it scrolls.
const fittedMatrix = (spec, width) => {
  const values = spec.data.values;
  const columns = new Set(values.map((row) => row[spec.encoding.x.field])).size;
  const narrow = width < NARROW;
  const room = width - namesWidth(spec, values, width);
  const step = Math.max(Math.min(spec.width.step, room / Math.max(1, columns)), spec.layer.length > 1 ? 28 : 11);
  const x = { ...spec.encoding.x, axis: { ...spec.encoding.x.axis, ...(narrow && { labelAngle: -90 }) } };
  // The legend stands beneath and must not be wider than what it explains.
  const [cells, ...rest] = spec.layer;
  const { color } = cells.encoding;
  const legend = { ...color.legend, gradientLength: Math.min(240, Math.max(120, Math.min(room, columns * step)) - 16) };
  const layer = [{ ...cells, encoding: { ...cells.encoding, color: { ...color, legend } } }, ...rest];
  return { ...spec, layer, width: { step }, encoding: { ...spec.encoding, x } };
};

const fitted = (spec, width) => {
  if (spec.facet) return fittedPanels(spec, width);
  return spec.width?.step && spec.encoding?.x ? fittedMatrix(spec, width) : spec;
};

const specOf = (figure) => JSON.parse(document.getElementById(figure.dataset.chart).textContent);

// Percentages are written as in the tables beneath.
const formatLocale = { decimal: ".", thousands: ",", grouping: [3], currency: ["", ""], percent: "\u00a0%" };

const embedded = (canvas, given, width) => {
  const spec = fitted(given, width);
  return window.vegaEmbed(canvas, spec, {
    mode: "vega-lite",
    ast: true,
    expr: expressionInterpreter,
    renderer: "svg",
    actions: false,
    formatLocale,
    config: theme(width, spec.spec?.width ?? width),
    logLevel: window.vega.Error,
    tooltip: { theme: dark.matches ? "dark" : "light" },
  });
};

const draw = async (figure) => {
  const canvas = figure.querySelector("[data-canvas]");
  const width = canvas.parentElement.clientWidth;
  figure.view?.finalize();
  const { view } = await embedded(canvas, specOf(figure), width);
  figure.view = view;
  figure.drawnWidth = width;
  // The description stands on the container; what Vega adds inside is for the eye.
  canvas.querySelector("svg")?.setAttribute("aria-hidden", "true");
  figure.dataset.scheme = dark.matches ? "dark" : "light";
  figure.dataset.drawn = "";
};

const figures = [...document.querySelectorAll("[data-chart]")];

for (const figure of figures) {
  for (const button of figure.querySelectorAll("[data-save-chart]")) {
    button.addEventListener("click", () =>
      saveChart(figure, button.dataset.saveChart, (canvas, title, width) =>
        embedded(canvas, { ...specOf(figure), title }, width),
      ),
    );
  }
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
