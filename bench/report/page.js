// Draws the charts of a page: the block "data" has them, each figure names its own by number.
"use strict";
(() => {
  // Distinct to most colour-blind eyes, and readable on light and on dark ground.
  const PALETTE = ["#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#d9b32c", "#9d755d", "#ff9da6", "#8c8c8c",
                   "#5b5bd6", "#2f9e8f", "#c2410c", "#a3b61e"];
  const MARKS = ["circle", "rectRot", "triangle", "rect"];
  const { charts } = JSON.parse(document.getElementById("data").textContent);

  // Series of one name have one colour on the page, and no two of a chart the same while there are enough.
  const names = [], colours = new Map(), uses = new Map(PALETTE.map((colour) => [colour, 0]));
  for (const { series } of charts) {
    const taken = new Set(series.map(({ name }) => colours.get(name)));
    for (const { name } of series) {
      if (colours.has(name)) continue;
      const free = PALETTE.filter((colour) => !taken.has(colour));
      const colour = (free.length > 0 ? free : PALETTE).reduce((best, next) => (uses.get(next) < uses.get(best) ? next : best));
      colours.set(name, colour);
      uses.set(colour, uses.get(colour) + 1);
      taken.add(colour);
      names.push(name);
    }
  }

  const shortNumber = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 });
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // A logarithmic axis has its numbers at 1, 2 and 5 of each decade.
  const logarithmicTick = (value) => {
    const digit = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
    return [1, 2, 5].includes(digit) ? shortNumber(value) : "";
  };

  // Where a logarithmic axis begins and ends: at 1, 2 or 5 of a decade, so that the shortest bar can be seen.
  function bounds(values) {
    const positive = values.filter((value) => value !== null && value > 0);
    if (positive.length === 0) return {};
    const step = (value, up) => {
      const decade = 10 ** Math.floor(Math.log10(value) + 1e-9);
      const steps = [1, 2, 5, 10].map((digit) => digit * decade);
      return up ? steps.find((at) => at >= value * 0.9999) : steps.findLast((at) => at <= value * 1.0001);
    };
    return { min: step(Math.min(...positive) * 0.85, false), max: step(Math.max(...positive) * 1.02, true) };
  }

  // Where a map begins and ends: it has no rim.
  function ends(values) {
    const known = values.filter((value) => value !== null);
    return { min: Math.min(...known), max: Math.max(...known) };
  }

  function axis(title, logarithmic, extra) {
    return {
      type: logarithmic ? "logarithmic" : "linear",
      title: { display: title !== "", text: title, color: css("--quiet") },
      grid: { color: css("--line"), borderColor: css("--line"), drawTicks: false },
      border: { color: css("--line") },
      ticks: { color: css("--quiet"), padding: 6, autoSkip: true, maxRotation: 0, callback: logarithmic ? logarithmicTick : shortNumber },
      ...extra,
    };
  }

  function dataset(chart, series, points) {
    const colour = colours.get(series.name);
    const spans = chart.kind === "spans";
    const data = points ? series.values.map((y, k) => ({ x: series.x[k], y }))
      : spans ? series.values.map((end, k) => (end === null || series.from[k] === null ? null : [series.from[k], end])) : series.values;
    const common = { label: series.name, data, hover: series.hover, borderColor: colour, backgroundColor: colour };
    if (points)
      return { ...common, showLine: chart.kind === "lines", borderWidth: 2, pointRadius: chart.kind === "lines" ? 2.5 : 4.5, pointHoverRadius: 6,
               pointStyle: MARKS[names.indexOf(series.name) % MARKS.length], spanGaps: false };
    const bar = { ...common, borderWidth: 0, maxBarThickness: 18, categoryPercentage: 0.78, barPercentage: 0.94 };
    if (spans) return { ...bar, maxBarThickness: 60, categoryPercentage: 1, barPercentage: 1, grouped: false };
    if (chart.kind === "stacked_bars") return { ...bar, stack: series.stack || "all" };
    return chart.base === null ? bar : { ...bar, base: chart.base };
  }

  // The line at which bars start, over the grid and under the bars.
  const baseLine = (chart) => ({
    id: "baseLine",
    beforeDatasetsDraw({ ctx, chartArea, scales }) {
      if (chart.base === null) return;
      const at = (chart.horizontal ? scales.x : scales.y).getPixelForValue(chart.base);
      ctx.save();
      ctx.strokeStyle = css("--quiet");
      ctx.beginPath();
      if (chart.horizontal) { ctx.moveTo(at, chartArea.top); ctx.lineTo(at, chartArea.bottom); }
      else { ctx.moveTo(chartArea.left, at); ctx.lineTo(chartArea.right, at); }
      ctx.stroke();
      ctx.restore();
    },
  });
  // A dashed line through a category, with its words beside it where there is room.
  const marker = (chart) => ({
    id: "marker",
    afterDatasetsDraw({ ctx, chartArea, scales }) {
      if (chart.marked === null) return;
      const at = scales.x.getPixelForValue(chart.marked), { top, bottom, left, right } = chartArea;
      const before = at - left > right - at;
      ctx.save();
      ctx.strokeStyle = css("--text");
      ctx.setLineDash([3, 3]);
      ctx.beginPath();
      ctx.moveTo(at, top);
      ctx.lineTo(at, bottom);
      ctx.stroke();
      ctx.font = `600 12px ${Chart.defaults.font.family}`;
      const width = Math.min(ctx.measureText(chart.marked_text).width, Math.max(at - left, right - at) - 12);
      ctx.fillStyle = css("--ground");
      ctx.fillRect(before ? at - width - 10 : at + 2, top, width + 8, 20);
      ctx.fillStyle = css("--text");
      ctx.textAlign = before ? "right" : "left";
      ctx.textBaseline = "top";
      ctx.fillText(chart.marked_text, at + (before ? -6 : 6), top + 4, width);
      ctx.restore();
    },
  });
  // Tells, in the figure's attribute, how many series have been drawn.
  const tellDrawn = (figure) => ({
    id: "tellDrawn",
    afterDraw(drawn) { figure.dataset.drawn = drawn.getSortedVisibleDatasetMetas().length; },
  });

  function height(chart) {
    if (!chart.horizontal) return 380;
    if (chart.kind === "spans") return 110 + chart.categories.length * 22 + 24 * Math.ceil(chart.series.length / 3);
    const stacks = chart.kind === "stacked_bars" ? new Set(chart.series.map((series) => series.stack)).size : Math.max(1, chart.series.length);
    return Math.max(140, 90 + chart.categories.length * (stacks * 12 + 10));
  }

  function tooltip(chart, points) {
    return {
      filter: (item) => item.raw !== null && !(points && item.raw.y === null),
      callbacks: {
        title: (items) => (items.length === 0 ? "" : points ? `${chart.x_title}: ${shortNumber(items[0].raw.x)}` : items[0].label),
        label: (item) => {
          const raw = points ? item.raw.y : item.raw;
          const text = item.dataset.hover[item.dataIndex] ?? [raw].flat().map(shortNumber).join(" to ");
          return `${item.dataset.label}: ${text}`;
        },
      },
    };
  }

  function draw(figure) {
    const chart = charts[Number(figure.dataset.chart)];
    const points = chart.kind === "lines" || chart.kind === "scatter";
    const stacked = chart.kind === "stacked_bars", spans = chart.kind === "spans";
    const many = !chart.horizontal && chart.categories.length > 16;
    figure.querySelector(".plot").style.height = `${height(chart)}px`;
    const all = (what) => chart.series.flatMap((series) => series[what]);
    const limits = spans ? ends(all("values").concat(all("from")))
      : chart.logarithmic ? bounds(all("values").concat(chart.base ?? []))
      : chart.most !== null ? { max: chart.most } : { grace: chart.marked === null ? 0 : "10%" };
    const values = axis(chart.value_title, chart.logarithmic,
      { stacked, beginAtZero: !chart.logarithmic && !spans, ...limits });
    const places = points
      ? axis(chart.x_title, chart.x_logarithmic, chart.x_logarithmic ? bounds(all("x")) : {})
      : { type: "category", stacked, title: { display: !chart.horizontal && chart.x_title !== "", text: chart.x_title, color: css("--quiet") },
          grid: { display: false, borderColor: css("--line") }, border: { color: css("--line") },
          ticks: { color: css("--text"), autoSkip: many, maxRotation: many ? 0 : 60,
                   ...(many ? { callback(value) { return this.getLabelForValue(value).split(" ")[0]; } } : {}) } };
    if (spans) Object.assign(places, { title: { display: chart.x_title !== "", text: chart.x_title, color: css("--quiet") }, offset: true });
    return new Chart(figure.querySelector("canvas"), {
      type: points ? "scatter" : "bar",
      data: { labels: points ? undefined : chart.categories, datasets: chart.series.map((series) => dataset(chart, series, points)) },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, indexAxis: chart.horizontal ? "y" : "x",
        interaction: points || spans ? { mode: "nearest", intersect: true } : { mode: "index", axis: chart.horizontal ? "y" : "x", intersect: false },
        scales: chart.horizontal ? { x: values, y: places } : { x: places, y: values },
        plugins: {
          legend: { display: spans || chart.series.length > 1, align: "start",
                    labels: { color: css("--text"), boxWidth: 12, boxHeight: 12, usePointStyle: points } },
          tooltip: tooltip(chart, points),
        },
      },
      plugins: [baseLine(chart), marker(chart), tellDrawn(figure)],
    });
  }

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  let drawn = [];
  const drawAll = () => {
    drawn.forEach((chart) => chart.destroy());
    drawn = [...document.querySelectorAll("figure[data-chart]")].map(draw);
  };
  drawAll();
  // Another chart in the place of one.
  for (const select of document.querySelectorAll("figure[data-chart] select")) {
    select.addEventListener("change", () => {
      const figure = select.closest("figure");
      figure.dataset.chart = select.value;
      figure.querySelector(".note").textContent = select.selectedOptions[0].dataset.note;
      figure.querySelector("canvas").setAttribute("aria-label", select.selectedOptions[0].textContent);
      drawAll();
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
