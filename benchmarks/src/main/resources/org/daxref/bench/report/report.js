// Draws the charts of the page from the data in it. Every number is also in the tables: the page can be read without.
(function () {
  'use strict';

  const DATA = JSON.parse(document.getElementById('data').textContent);
  const CROSS = 'path://M4,0H8V4H12V8H8V12H4V8H0V4H4Z';
  const SYMBOLS = ['triangle', 'circle', 'rect', 'diamond', CROSS];
  const NARROW_PX = 560;
  const LABEL_PX = 36;
  const MARK_PX = 14;
  const PRINT_PX = 660;
  const PRINT_PANEL_PX = 320;
  // Colour and symbol of a verdict; whatever decides nothing is a hollow circle.
  const WORDS = {
    'costs more': [1, 'circle'], 'slower': [1, 'triangle'], 'costs less': [3, 'diamond'], 'faster': [3, 'diamond'],
    'same': [7, 'rect']
  };
  const UNDECIDED = [7, 'circle', 'hollow'];

  let theme;

  function readTheme() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue('--' + name).trim();
    theme = {
      text: read('text'), faint: read('faint'), line: read('line'), panel: read('panel'),
      colours: [0, 1, 2, 3, 4, 5, 6, 7].map((index) => read('c' + index)),
      font: getComputedStyle(document.body).fontFamily
    };
  }

  function digits(value) {
    if (value === 0) {
      return '0';
    }
    const magnitude = Math.floor(Math.log10(Math.abs(value)));
    return value.toFixed(Math.max(0, Math.min(6, 2 - magnitude)));
  }

  function like(value, model) {
    return value.toFixed((digits(model).split('.')[1] || '').length);
  }

  function short(value) {
    return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  }

  function duration(ns) {
    const units = [[1e9, ' s'], [1e6, ' ms'], [1e3, ' µs'], [1, ' ns']];
    const unit = units.find((candidate) => ns >= candidate[0]) || units[3];
    return short(ns / unit[0]) + unit[1];
  }

  function percentile(inverse) {
    const decimals = Math.max(0, Math.ceil(Math.log10(inverse)));
    return String(Number((100 * (1 - 1 / inverse)).toFixed(decimals))) + ' %';
  }

  // Braces and bars are markup to ECharts.
  function plain(text) {
    return text.replace(/[{}|]/g, ' ');
  }

  function colour(series) {
    return theme.colours[series.style % theme.colours.length];
  }

  function symbol(series) {
    return SYMBOLS[series.style % SYMBOLS.length];
  }

  // Hollow is what belongs to another run, or to PMD leaves.
  function fill(series) {
    return brush(colour(series), series.hollow);
  }

  function brush(stroke, hollow) {
    return hollow ? {color: theme.panel, borderColor: stroke, borderWidth: 2} : {color: stroke};
  }

  function axisStyle(name, more) {
    return Object.assign({
      name: name, nameLocation: 'middle', nameTextStyle: {color: theme.faint, fontSize: 12},
      axisLabel: {color: theme.faint, hideOverlap: true}, axisLine: {show: true, lineStyle: {color: theme.faint}},
      axisTick: {lineStyle: {color: theme.faint}}, splitLine: {lineStyle: {color: theme.line}}
    }, more);
  }

  function base(more) {
    return Object.assign({
      animation: false, backgroundColor: 'transparent', textStyle: {fontFamily: theme.font, color: theme.text},
      tooltip: {
        renderMode: 'richText', confine: true, trigger: 'item', backgroundColor: theme.panel, borderColor: theme.faint,
        textStyle: {color: theme.text, fontSize: 12}, formatter: (item) => plain(item.data.tip || '')
      }
    }, more);
  }

  function legend(names) {
    return {
      top: 0, left: 0, data: Array.from(new Set(names)), textStyle: {color: theme.text}, inactiveColor: theme.faint,
      itemWidth: 18, itemHeight: 10, type: 'plain'
    };
  }

  // ECharts does not make room for a legend that needs more than one line, and does not tell how many it needs.
  function legendHeight(names, width) {
    let lines = 1;
    let used = 0;
    names.forEach(function (name) {
      const item = 42 + 6.8 * name.length;
      if (used > 0 && used + item > width) {
        lines++;
        used = 0;
      }
      used += item;
    });
    return 18 * lines;
  }

  // A bar with caps from low to high. A horizontal one lies along x.
  function interval(name, data, stroke, horizontal, shift) {
    return {
      type: 'custom', name: name, data: data, silent: true, z: 3, itemStyle: {color: stroke},
      encode: horizontal ? {x: [1, 2], y: 0} : {x: 0, y: [1, 2]},
      renderItem: function (params, api) {
        const at = (value) => api.coord(horizontal ? [value, api.value(0)] : [api.value(0), value]);
        const from = at(api.value(1));
        const to = at(api.value(2));
        const line = (x1, y1, x2, y2) => ({
          type: 'line', shape: {x1: x1, y1: y1, x2: x2, y2: y2}, style: {stroke: stroke, lineWidth: 1.5}
        });
        const cap = (p) => horizontal ? line(p[0], p[1] + shift - 4, p[0], p[1] + shift + 4)
          : line(p[0] + shift - 4, p[1], p[0] + shift + 4, p[1]);
        return {
          type: 'group', children: [cap(from), cap(to),
            horizontal ? line(from[0], from[1] + shift, to[0], to[1] + shift)
              : line(from[0] + shift, from[1], to[0] + shift, to[1])]
        };
      }
    };
  }

  function tip(name, where, point, unit) {
    return name + '\n' + where + '\n' + digits(point.mean)
      + (point.high === null ? '' : ' ± ' + like(point.high - point.mean, point.mean)) + ' ' + unit
      + '\n' + point.forks.length + (point.forks.length === 1 ? ' fork' : ' forks');
  }

  // Labels of rows: beside the axis where there is room, above the row where there is not.
  function labelWidth(rows, width) {
    const longest = Math.max.apply(null, rows.map((row) => Math.max(7.4 * row.label.length, 6.3 * row.detail.length)));
    return Math.round(width < NARROW_PX ? width - 32 : Math.min(.42 * width, longest + 4));
  }

  function rowAxis(rows, height, width) {
    const narrow = width < NARROW_PX;
    const room = labelWidth(rows, width);
    const label = narrow
      ? {inside: true, align: 'left', verticalAlign: 'middle', padding: [0, 4, height - LABEL_PX, 2], margin: 0}
      : {align: 'left', margin: room + 8};
    return {
      type: 'category', inverse: true, z: 5, data: rows.map((row) => plain(row.label) + '|' + plain(row.detail)),
      axisTick: {show: false}, axisLine: {lineStyle: {color: theme.line}},
      splitLine: {show: !narrow, lineStyle: {color: theme.line, opacity: .5}},
      axisLabel: Object.assign(label, {
        interval: 0, width: room, overflow: 'truncate', lineHeight: 15,
        formatter: function (text) {
          const parts = text.split('|');
          return '{a|' + parts[0] + '}\n{b|' + parts[1] + '}';
        },
        rich: {
          a: {color: theme.text, fontSize: 12.5, backgroundColor: theme.panel},
          b: {color: theme.faint, fontSize: narrow ? 10 : 11, backgroundColor: theme.panel}
        }
      })
    };
  }

  // The height of a row, from that of what is drawn in it.
  function rowHeight(drawn, narrow) {
    return narrow ? LABEL_PX + drawn + 8 : Math.max(42, drawn + 10);
  }

  // How far below the middle of its row it is drawn: below the label, where that stands above.
  function drop(drawn, narrow) {
    return narrow ? Math.round((rowHeight(drawn, narrow) - drawn) / 2) - 6 : 0;
  }

  // A ratio's axis: in powers of two unless all lies close together.
  function ratioAxis(values, name) {
    const low = Math.min.apply(null, values.concat(1));
    const high = Math.max.apply(null, values.concat(1));
    const step = [.005, .01, .02, .05, .1, .2].find((candidate) => (high - low) / candidate <= 8) || .5;
    const more = high / low > 2.5 ? {type: 'log', logBase: 2} : {
      type: 'value', interval: step, min: Math.floor(low / step) * step, max: Math.ceil(high / step) * step
    };
    return axisStyle(name, Object.assign(more, {
      nameGap: 28, axisLabel: {color: theme.faint, hideOverlap: true, formatter: short}
    }));
  }

  function forest(chart, width) {
    const narrow = width < NARROW_PX;
    const look = (row) => WORDS[row.verdict] || UNDECIDED;
    const stroke = (row) => theme.colours[look(row)[0]];
    const shown = chart.rows.map((row, index) => [row, index]).filter((entry) => entry[0].ratio !== null);
    const values = [];
    shown.forEach((entry) => [entry[0].ratio, entry[0].low, entry[0].high].forEach((value) => {
      if (value !== null) {
        values.push(value);
      }
    }));
    const figures = (row) => row.ratio === null ? '' : digits(row.ratio)
      + (row.high === null ? '' : ' [' + (row.low === null ? '0' : like(row.low, row.ratio)) + ', '
        + like(row.high, row.ratio) + ']');
    const start = (row) => row.low === null ? Math.min.apply(null, values) : row.low;
    const series = shown.filter((entry) => entry[0].high !== null).map((entry) => interval('',
      [[entry[1], start(entry[0]), entry[0].high]], stroke(entry[0]), true, drop(MARK_PX, narrow)));
    series.push({
      type: 'scatter', z: 4, symbolSize: 11, symbolOffset: [0, drop(MARK_PX, narrow)],
      data: shown.map((entry) => ({
        value: [entry[0].ratio, entry[1]], symbol: look(entry[0])[1],
        itemStyle: brush(stroke(entry[0]), look(entry[0])[2]),
        tip: entry[0].label + ', ' + entry[0].detail + '\n' + figures(entry[0]) + ' ' + entry[0].verdict
      })),
      markLine: {
        silent: true, symbol: 'none', label: {show: false}, data: [{xAxis: 1}],
        lineStyle: {color: theme.text, type: 'solid', width: 1.5}
      }
    });
    return {
      height: chart.rows.length * rowHeight(MARK_PX, narrow) + 70,
      option: base({
        grid: {left: narrow ? 16 : labelWidth(chart.rows, width) + 16, right: narrow ? 12 : 190, top: 8, bottom: 52},
        xAxis: ratioAxis(values, plain(chart.axis)),
        yAxis: [rowAxis(narrow ? chart.rows.map((row) => ({
          label: row.label + '  ' + figures(row), detail: row.verdict + ', ' + row.detail
        })) : chart.rows, rowHeight(MARK_PX, narrow), width), {
          type: 'category', inverse: true, position: 'right', show: !narrow,
          data: chart.rows.map((row, index) => String(index)), axisLine: {show: false}, axisTick: {show: false},
          axisLabel: {
            interval: 0, margin: 12, lineHeight: 15,
            formatter: (index) => '{a|' + figures(chart.rows[index]) + '}\n'
              + '{b|' + plain(chart.rows[index].verdict) + '}',
            rich: {a: {color: theme.text, fontSize: 12}, b: {color: theme.faint, fontSize: 11}}
          }
        }],
        series: series
      })
    };
  }

  function dots(chart, width) {
    const narrow = width < NARROW_PX;
    const series = [];
    const room = Math.max(9, Math.min(MARK_PX, 32 / chart.series.length));
    const legendPx = legendHeight(chart.series.map((one) => one.name), width) + 16;
    const middle = drop(room * chart.series.length, narrow);
    chart.series.forEach(function (one, number) {
      const shift = Math.round((number - (chart.series.length - 1) / 2) * room - room / 6) + middle;
      const points = measured(one);
      series.push({
        type: 'scatter', name: one.name, symbol: symbol(one), symbolSize: 9, symbolOffset: [0, shift], z: 4,
        itemStyle: fill(one),
        data: points.map((entry) => ({
          value: [entry[0].mean, entry[1]],
          tip: tip(one.name, chart.rows[entry[1]].label + ', ' + chart.rows[entry[1]].detail, entry[0], 'ns per page')
        }))
      });
      series.push(interval(one.name, points.filter((entry) => entry[0].high !== null).map((entry) => [entry[1],
        entry[0].low > 0 ? entry[0].low : entry[0].mean, entry[0].high]), colour(one), true, shift));
      series.push(forkDots(one, points.flatMap((entry) => entry[0].forks.map((fork) => [fork, entry[1]])),
        [0, shift + Math.round(room / 2)]));
    });
    return {
      height: chart.rows.length * rowHeight(room * chart.series.length, narrow) + legendPx + 60,
      option: base({
        legend: legend(chart.series.map((one) => one.name)),
        grid: {left: narrow ? 16 : labelWidth(chart.rows, width) + 16, right: 24, top: legendPx, bottom: 52},
        xAxis: axisStyle(plain(chart.axis), {
          type: 'log', logBase: narrow ? 4 : 2, nameGap: 28,
          axisLabel: {color: theme.faint, hideOverlap: true, formatter: short}
        }),
        yAxis: rowAxis(chart.rows, rowHeight(room * chart.series.length, narrow), width), series: series
      })
    };
  }

  // Points with their places; a place where nothing was measured has none.
  function measured(one) {
    return one.points.map((point, index) => [point, index]).filter((entry) => entry[0] && entry[0].mean !== null);
  }

  function forkDots(one, data, offset) {
    return {
      type: 'scatter', name: one.name, data: data, silent: true, z: 2,
      symbol: 'circle', symbolSize: 4, symbolOffset: offset, itemStyle: {color: colour(one), opacity: .45}
    };
  }

  function lines(chart, width) {
    const series = [];
    chart.series.forEach(function (one) {
      const points = measured(one);
      let stretch = [];
      points.forEach(function (entry) {
        if (entry[0].apart && stretch.length > 0) {
          series.push(line(one, stretch));
          stretch = [];
        }
        stretch.push({
          value: [entry[1], entry[0].mean],
          tip: tip(one.name, chart.axis + ' ' + chart.categories[entry[1]].replace('\n', ', '), entry[0], chart.unit)
        });
      });
      series.push(line(one, stretch));
      series.push(interval(one.name, points.filter((entry) => entry[0].high !== null)
        .map((entry) => [entry[1], entry[0].low, entry[0].high]), colour(one), false, 0));
      series.push(forkDots(one, points.flatMap((entry) => entry[0].forks.map((fork) => [entry[1], fork])), [9, 0]));
    });
    const tall = chart.categories.some((category) => category.indexOf('\n') >= 0);
    const legendPx = legendHeight(chart.series.map((one) => one.name), width) + 22;
    return {
      height: 260 + legendPx,
      option: base({
        legend: legend(chart.series.map((one) => one.name)),
        grid: {left: 62, right: 16, top: legendPx, bottom: tall ? 62 : 46},
        xAxis: axisStyle(plain(chart.axis), {
          type: 'category', data: chart.categories.map(plain), nameGap: tall ? 40 : 26, boundaryGap: true,
          axisLabel: {color: theme.faint, fontSize: tall ? 11 : 12, lineHeight: 14, hideOverlap: true}
        }),
        yAxis: axisStyle(plain(chart.unit), {
          type: 'value', scale: !chart.fromZero, min: chart.fromZero ? 0 : null, nameGap: 42, splitNumber: 4,
          axisLabel: {color: theme.faint, formatter: short}
        }),
        series: series
      })
    };
  }

  function line(one, data) {
    return {
      type: 'line', name: one.name, data: data, symbol: symbol(one), symbolSize: 9, showAllSymbol: true, z: 4,
      itemStyle: fill(one), lineStyle: {color: colour(one), width: 2, type: one.hollow ? 'dashed' : 'solid'}
    };
  }

  function percentiles(chart, width) {
    const narrow = width < NARROW_PX;
    const series = [];
    chart.curves.forEach(function (curve) {
      series.push({
        type: 'line', name: curve.name, symbol: symbol(curve), symbolSize: 7, z: 4, showAllSymbol: true,
        data: curve.points.map((point, index) => ({
          value: point, symbolSize: index % 5 === 0 ? 8 : 0,
          tip: curve.name + '\n' + percentile(point[0]) + ' take at most ' + duration(point[1])
        })),
        itemStyle: fill(curve),
        lineStyle: {color: colour(curve), width: 2.5, type: curve.hollow ? 'dashed' : 'solid'}
      });
      curve.forks.forEach((fork) => series.push({
        type: 'line', name: curve.name, data: fork, showSymbol: false, silent: true, z: 2,
        itemStyle: {color: colour(curve)}, lineStyle: {color: colour(curve), width: 1, opacity: .3}
      }));
    });
    const legendPx = legendHeight(chart.curves.map((curve) => curve.name), width) + 22;
    return {
      height: (narrow ? 300 : 360) + legendPx,
      option: base({
        legend: legend(chart.curves.map((curve) => curve.name)),
        grid: {left: 74, right: narrow ? 30 : 44, top: legendPx, bottom: 52},
        xAxis: axisStyle('percentile', {
          type: 'log', logBase: 10, min: 1, nameGap: 28,
          axisLabel: {color: theme.faint, hideOverlap: true, formatter: percentile, fontSize: narrow ? 10 : 12}
        }),
        yAxis: axisStyle('latency (logarithmic)', {
          type: 'log', logBase: 10, nameGap: 58, axisLabel: {color: theme.faint, formatter: duration}
        }),
        series: series
      })
    };
  }

  const KINDS = {FOREST: forest, DOTS: dots, LINES: lines, PERCENTILES: percentiles};

  function draw(printing) {
    readTheme();
    document.querySelectorAll('.chart').forEach(function (element) {
      const old = echarts.getInstanceByDom(element);
      if (old) {
        old.dispose();
      }
      const width = printing ? (element.closest('.panels') ? PRINT_PANEL_PX : PRINT_PX) : 0;
      element.style.width = width ? width + 'px' : '';
      element.style.height = '';
      const shown = width || element.clientWidth;
      const chart = KINDS[element.dataset.kind](DATA[element.dataset.chart], shown);
      element.style.height = chart.height + 'px';
      const aria = element.getAttribute('aria-label');
      echarts.init(element, null, {renderer: 'svg', width: shown, height: chart.height}).setOption(chart.option);
      element.setAttribute('aria-label', aria);
    });
  }

  let resizing;
  let drawnWidth;

  function redraw() {
    drawnWidth = document.documentElement.clientWidth;
    draw(false);
  }

  document.documentElement.classList.add('drawn');
  redraw();
  window.addEventListener('resize', function () {
    clearTimeout(resizing);
    resizing = setTimeout(() => document.documentElement.clientWidth === drawnWidth || redraw(), 150);
  });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  window.addEventListener('beforeprint', function () {
    document.documentElement.classList.add('printing');
    draw(true);
  });
  window.addEventListener('afterprint', function () {
    document.documentElement.classList.remove('printing');
    redraw();
  });
})();
