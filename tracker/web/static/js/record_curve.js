// The movement as a curve: what was measured over time, the start and turning-point zones, and the repetitions that count.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 800;
const HEIGHT = 260;
const EDGE = 14;

function draw(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function enter(threshold) {
  const sign = "at_least" in threshold ? 1 : -1;
  return (threshold.at_least ?? threshold.at_most) - sign * (threshold.tolerance ?? 0);
}

/** What zones taken from the person's own rest are measured from: the middle of where the repetitions began. */
function rest(curve, segments) {
  const near = (line, time) => line[curve.t.findIndex((each) => each >= time)] ?? null;
  const lines = [curve.left, curve.right].filter(Boolean);
  const found = segments.flatMap(([start]) => lines.map((line) => near(line, start))).filter((value) => value !== null);
  return found.sort((a, b) => a - b)[Math.floor(found.length / 2)] ?? 0;
}

/** `view`: of the document, how it is judged; `curve`: times t and the measure left and right; `segments`: what counts. */
export function drawCurve(svg, view, curve, segments) {
  const lines = [curve.left, curve.right].filter(Boolean);
  const values = lines.flat().filter((value) => value !== null);
  const from = view.peak.from_rest ? rest(curve, segments) : 0;
  const [start, peak] = [from + enter(view.start), from + enter(view.peak)];
  if (!values.length) {
    svg.replaceChildren();
    return;
  }
  const [low, high] = [Math.min(...values, start, peak), Math.max(...values, start, peak)];
  const span = high - low || 1;
  const last = curve.t.at(-1) || 1;
  const x = (time) => (time / last) * WIDTH;
  const y = (value) => HEIGHT - EDGE - ((value - low) / span) * (HEIGHT - 2 * EDGE);
  const zone = (name, value, upwards) => {
    const at = y(value);
    const band = upwards ? { y: 0, height: at } : { y: at, height: HEIGHT - at };
    return [
      draw("rect", { class: `zone-${name}`, x: 0, width: WIDTH, ...band }),
      draw("line", { class: `edge-${name}`, x1: 0, x2: WIDTH, y1: at, y2: at }),
    ];
  };
  const path = (line) => {
    let pen = "M";
    return line
      .map((value, n) => {
        if (value === null) {
          pen = "M";
          return "";
        }
        const point = `${pen}${x(curve.t[n]).toFixed(1)} ${y(value).toFixed(1)}`;
        pen = "L";
        return point;
      })
      .join("");
  };
  const upwards = "at_least" in view.peak;
  svg.replaceChildren(
    ...segments.map(([begin, , end]) => draw("rect", { class: "counted", x: x(begin), width: Math.max(1, x(end) - x(begin)), y: 0, height: HEIGHT })),
    ...zone("start", start, !upwards),
    ...zone("peak", peak, upwards),
    ...lines.map((line, n) => draw("path", { class: n ? "curve-line second" : "curve-line", d: path(line) })),
  );
}
