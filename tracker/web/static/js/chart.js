// Charts: <figure class="chart" data-spec="id"> with a Vega-Lite document in the JSON block of that id. Drawn with the
// expression interpreter (our CSP forbids making functions from text), without Vega's own style elements, in the page's
// colours; drawn again when the theme changes. The page carries the words and the table.
import { assets, text } from "./texts.js";

function script(address) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = address;
    element.onload = resolve;
    element.onerror = () => reject(new Error(address));
    document.head.append(element);
  });
}

/** Vega's own builds are scripts with globals; each needs the one before it. */
async function vega() {
  await script(assets.vega);
  await script(assets.vega_lite);
  await script(assets.vega_embed);
  const { expressionInterpreter } = await import(new URL(assets.vega_interpreter, location.href).href);
  return { embed: globalThis.vegaEmbed, expressionInterpreter };
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  return { ink: value("--ink"), quiet: value("--quiet"), line: value("--line"), primary: value("--primary"), accent: value("--accent"), good: value("--good"), caution: value("--caution") };
}

function configFor({ ink, quiet, line, primary, accent, good, caution }) {
  const size = parseFloat(getComputedStyle(document.body).fontSize);
  const words = { labelColor: quiet, titleColor: quiet, labelFontSize: size * 0.85, titleFontSize: size * 0.85, titleFontWeight: 600 };
  return {
    background: "transparent",
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: { ...words, domainColor: line, tickColor: line, gridColor: line, labelPadding: 6, titlePadding: 10 },
    legend: { ...words, orient: "top", symbolStrokeWidth: 3 },
    header: { labelColor: ink, titleColor: ink },
    title: { color: ink, fontSize: size, fontWeight: 650, anchor: "start" },
    text: { color: ink },
    rule: { color: quiet },
    line: { color: primary, strokeWidth: 2.5, strokeCap: "round" },
    point: { color: primary, filled: true },
    area: { color: primary, opacity: 0.2 },
    bar: { color: primary },
    range: { category: [primary, accent, caution, good, quiet] },
  };
}

/** Our own tooltip: Vega's brings a style element, which the CSP forbids. */
function tooltip(handler, event, item, value) {
  let box = document.querySelector(".chart-tooltip");
  if (value === null || value === undefined || value === "") {
    box?.remove();
    return;
  }
  if (!box) {
    box = document.createElement("div");
    box.className = "chart-tooltip";
    document.body.append(box);
  }
  const rows = typeof value === "object" ? Object.entries(value) : [["", value]];
  const list = document.createElement("dl");
  for (const [name, shown] of rows) {
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = name;
    detail.textContent = shown;
    list.append(term, detail);
  }
  box.replaceChildren(list);
  const left = Math.min(event.clientX + 14, window.innerWidth - box.offsetWidth - 8);
  const top = Math.max(8, event.clientY - box.offsetHeight - 12);
  box.style.setProperty("left", `${Math.max(8, left)}px`);
  box.style.setProperty("top", `${top}px`);
}

function canvasOf(figure) {
  let canvas = figure.querySelector(".canvas");
  if (!canvas) {
    canvas = document.createElement("div");
    canvas.className = "canvas";
    const caption = figure.querySelector("figcaption");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", caption?.textContent ?? "");
    figure.prepend(canvas);
  }
  return canvas;
}

async function draw(figure, { embed, expressionInterpreter }) {
  const given = JSON.parse(document.getElementById(figure.dataset.spec).textContent);
  const spec = { ...given };
  // Responsive, unless the chart is made of several views, which Vega-Lite cannot stretch.
  const single = !["hconcat", "concat", "facet", "repeat"].some((key) => key in spec);
  if (single && !("vconcat" in spec)) {
    spec.width = "container";
    spec.autosize = { type: "fit-x", contains: "padding" };
  }
  const drawn = await embed(canvasOf(figure), spec, {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    defaultStyle: false,
    ast: true,
    expr: expressionInterpreter,
    tooltip,
    config: configFor(colours()),
  });
  figure.dataset.drawn = "true";
  return drawn;
}

async function start() {
  const figures = [...document.querySelectorAll("figure.chart[data-spec]")];
  let tools;
  try {
    tools = await vega();
  } catch {
    for (const figure of figures) canvasOf(figure).textContent = text("chart.missing");
    return;
  }
  const drawn = new Map();
  const drawAll = async () => {
    for (const figure of figures) {
      drawn.get(figure)?.finalize();
      try {
        drawn.set(figure, await draw(figure, tools));
      } catch {
        canvasOf(figure).textContent = text("chart.missing");
      }
    }
  };
  await drawAll();
  document.addEventListener("themechange", drawAll);
}

start();
