"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("plots").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // What cannot be seen on a dark ground, and what is drawn instead.
  const lighter = { "#000000": "#ffffff", "#555555": "#b5b5b5", "#0072b2": "#4aa3df" };
  const config = {
    responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"],
    // Nothing leaves this page.
    showSendToCloud: false, plotlyServerURL: "",
  };
  let printing = false;

  const merged = (axis, line, grid) => ({
    automargin: true, titlefont: { size: 13 }, linecolor: line, gridcolor: grid, zeroline: false, ticks: "outside",
    tickcolor: line, showline: true, ...axis,
  });

  function themed(view) {
    const isDark = dark.matches && !printing;
    let text = JSON.stringify(view.data);
    if (isDark) for (const [from, to] of Object.entries(lighter)) text = text.replaceAll(from, to);
    const [ink, grid] = isDark ? ["#e8e8e8", "#34373c"] : ["#1b1b1b", "#e4e4e4"];
    const layout = {
      font: { color: ink, size: 13, family: getComputedStyle(document.body).fontFamily },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 70, r: 20, t: 20, b: 55 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: isDark ? "#a9a9a9" : "#595959", activecolor: ink },
      legend: { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom" },
      ...view.layout,
    };
    layout.xaxis = merged(view.layout.xaxis, ink, grid);
    layout.yaxis = merged(view.layout.yaxis, ink, grid);
    return [JSON.parse(text), layout];
  }

  const place = (number) => document.querySelector(`[data-plot="${number}"]`);
  const choice = (number) => document.querySelector(`select[data-of="${number}"]`);

  function draw(number) {
    const select = choice(number);
    const view = figures[number][select ? Number(select.value) : 0];
    const [data, layout] = themed(view);
    document.querySelector(`[data-note="${number}"]`).textContent = view.note;
    waiting.delete(number);
    Plotly.react(place(number), data, layout, config);
  }

  // Of a hundred figures those that are seen are drawn first, the others while nothing else is done.
  const waiting = new Set(figures.keys());
  const idle = window.requestIdleCallback || setTimeout;
  const next = () => {
    const [number] = waiting;
    if (number === undefined) return;
    draw(number);
    idle(next);
  };
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      const number = Number(target.dataset.plot);
      if (isIntersecting && waiting.has(number)) draw(number);
    }
  });
  for (const number of figures.keys()) seen.observe(place(number));

  const all = () => figures.forEach((_, number) => draw(number));
  document.addEventListener("change", (event) => {
    if (event.target.dataset.of !== undefined) draw(Number(event.target.dataset.of));
  });
  dark.addEventListener("change", all);
  // On paper nothing can be opened.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((part) => { part.open = true; });
    printing = true;
    all();
  });
  addEventListener("afterprint", () => {
    closed.forEach((part) => { part.open = false; });
    printing = false;
    all();
  });
  idle(next);
})();
