// Runs after a page's own scripts, in a copy of it. Writes what it found into the page as lines of text.
addEventListener("load", () => setTimeout(() => {
  const lines = [];
  const { charts } = JSON.parse(document.getElementById("data").textContent);
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  lines.push(`charts ${figures.length} of ${charts.length}`);
  for (const figure of figures) {
    const wanted = charts[Number(figure.dataset.chart)].series;
    const canvas = figure.querySelector("canvas");
    const chart = Chart.getChart(canvas);
    // A series is seen when its colour is, within the axes: the legend does not count.
    const { left, top, width, height } = chart.chartArea;
    const pixels = canvas.getContext("2d").getImageData(left, top, width, height).data;
    const seen = chart.data.datasets.filter((dataset) => {
      const colour = [1, 3, 5].map((at) => parseInt(dataset.backgroundColor.slice(at, at + 2), 16));
      let count = 0;
      for (let i = 0; i < pixels.length; i += 4)
        if (pixels[i] === colour[0] && pixels[i + 1] === colour[1] && pixels[i + 2] === colour[2] && pixels[i + 3] === 255) ++count;
      return count >= 20;
    }).length;
    const first = { datasetIndex: 0, index: chart.data.datasets[0].data.findIndex((value) => value !== null) };
    chart.tooltip.setActiveElements([first], { x: 0, y: 0 });
    chart.update();
    const hover = chart.tooltip.body.map((body) => body.lines.join(" ")).join(" ");
    lines.push(`chart ${figure.dataset.chart} drawn ${figure.dataset.drawn} of ${wanted.length} seen ${seen} hover ${hover}`);
  }
  // Another chart of a choice takes the first one's place.
  for (const select of document.querySelectorAll("figure[data-chart] select")) {
    select.selectedIndex = select.options.length - 1;
    select.dispatchEvent(new Event("change"));
    const figure = select.closest("figure"), { title, series } = charts[Number(figure.dataset.chart)];
    lines.push(`picked ${title} drawn ${figure.dataset.drawn} of ${series.length} note ${figure.querySelector(".note").textContent}`);
  }
  lines.push(`wider by ${Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)}`);
  lines.push(`requests ${performance.getEntriesByType("resource").length} blocked ${window.blocked.length}`);
  lines.push(`errors ${(document.documentElement.dataset.errors || "").trim() || "none"}`);
  lines.push("end of check");
  const result = document.createElement("pre");
  result.id = "check";
  result.textContent = `\n${lines.join("\n")}\n`;
  document.body.appendChild(result);
}, 200));
