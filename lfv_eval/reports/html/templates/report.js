"use strict";

// All text comes from the JSON block of each audit and is only ever set as text.
(() => {
  const PAGE = 48;
  const WORDS = { TP: "✓ anomaly found", FN: "✕ anomaly missed", FP: "✕ normal rejected", TN: "✓ normal passed" };
  const CELL = { anomaly: { true: "TP", false: "FN" }, normal: { true: "FP", false: "TN" } };

  // Six decimals as Python prints them: only odd multiples of 1/128 lie exactly between two, and there the even one wins.
  const fixed = (x) => {
    const low = Math.floor(x * 1e6);
    return ((x * 128) % 2 === 1 && low % 2 === 0 ? low / 1e6 : x).toFixed(6);
  };
  const ratio = (part, whole) => (whole ? `${fixed(part / whole)} = ${part}/${whole}` : "undefined");
  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  function threshold(root, data, changed) {
    const cuts = data.thresholds;
    const slider = root.querySelector(".slider"), typed = root.querySelector(".score"), reset = root.querySelector(".reset");
    const at = root.querySelector(".at"), asPredicted = at?.textContent;
    let chosen = null; // null: the model's own predictions; k: the k highest distinct scores are anomalies

    function counts() {
      if (chosen === null) return data.own;
      const tp = cuts.tp[chosen], fp = cuts.fp[chosen];
      return { TP: tp, FP: fp, FN: cuts.nAnomaly - tp, TN: cuts.nNormal - fp };
    }
    function show() {
      const { TP, FP, FN, TN } = counts();
      for (const [cell, n] of Object.entries({ TP, FP, FN, TN })) {
        const output = root.querySelector(`[data-cell=${cell}]`);
        if (output) output.textContent = n;
      }
      const metrics = { precision: ratio(TP, TP + FP), recall: ratio(TP, TP + FN), f1_score: ratio(2 * TP, 2 * TP + FP + FN) };
      for (const [name, text] of Object.entries(metrics)) {
        const output = root.querySelector(`[data-metric=${name}]`);
        if (output) output.textContent = text;
      }
      if (chosen !== null) at.textContent = where();
      if (slider) slider.setAttribute("aria-valuetext", chosen === 0 ? "no anomaly" : `score ${cuts.scores[slider.value - 1]}`);
      changed({ TP, FP, FN, TN }, chosen);
    }
    function where() {
      const same = chosen === cuts.asPredicted ? " These are the model’s own predictions." : "";
      if (chosen === 0) return `Every threshold above ${cuts.scores[0]}: nothing is an anomaly.${same}`;
      const lowest = cuts.scores[chosen - 1], next = cuts.scores[chosen];
      const bracket = next === undefined ? "every lower threshold" : `every threshold down to, but not including, ${next}`;
      return `Anomaly from a score of ${lowest}; ${bracket} gives the same.${same}`;
    }
    function choose(k) {
      chosen = k;
      reset.disabled = k === null;
      if (k === null) {
        at.textContent = asPredicted;
        slider.value = cuts.asPredicted ?? 0;
        typed.value = "";
      } else slider.value = k;
      show();
    }
    if (cuts) {
      slider.addEventListener("input", () => { typed.value = ""; choose(Number(slider.value)); });
      typed.addEventListener("change", () => {
        if (typed.value !== "") choose(cuts.scores.filter((score) => score >= Number(typed.value)).length);
      });
      reset.addEventListener("click", () => choose(null));
    }
    const outcome = (image) => {
      if (chosen === null || image.score === null) return image.outcome;
      return CELL[image.truth][chosen > 0 && image.score >= cuts.scores[chosen - 1]];
    };
    return { outcome, show };
  }

  function stack(holder, image) {
    holder.replaceChildren();
    const picture = image.picture;
    if (!picture || !picture.photo) {
      holder.append(make("span", { className: "none", textContent: picture ? picture.note : "not among the pictures of this report" }));
      return;
    }
    holder.style.aspectRatio = `${picture.width} / ${picture.height}`;
    for (const layer of ["photo", "truth", "predicted"]) {
      if (!picture[layer]) continue;
      const alt = layer === "photo" ? `Test image ${image.name}` : "";
      holder.append(make("img", { className: layer, loading: "lazy", decoding: "async", alt, src: picture[layer] }));
    }
  }
  function facts(image) {
    const told = [`truth ${image.truth ?? "unknown"}`, `predicted ${image.predicted ?? "nothing"}`];
    if (image.confidence !== null) told.push(`confidence ${(image.confidence * 100).toFixed(1)} %`);
    if (image.excluded) told.push(`not in the numbers: ${image.excluded}`);
    if (image.problems) told.push(image.problems.join(", "));
    if (image.picture && image.picture.photo && image.picture.note) told.push(image.picture.note);
    return `${told.join(" · ")} · line ${image.line}`;
  }
  function badge(element, outcome) {
    element.textContent = WORDS[outcome] ?? "– not in the numbers";
    element.dataset.outcome = outcome ?? "";
    element.className = `badge outcome ${outcome ? (outcome[0] === "T" ? "good" : "bad") : "quiet"}`;
  }

  function gallery(root, data, outcome) {
    const section = root.querySelector(".images");
    if (!section) return { refresh() {}, only() {} };
    const form = section.querySelector("form"), cards = section.querySelector(".cards"), more = section.querySelector(".more");
    const all = section.querySelector(".all"), template = section.querySelector("template"), dialog = section.querySelector("dialog");
    let only = null, matching = [], shown = 0, open = 0;

    section.classList.toggle("bare", !data.images.some((image) => image.picture));

    for (const code of new Set(data.images.flatMap((image) => image.problems ?? []))) {
      form.elements.problem.append(new Option(code, code));
    }
    const worst = (image, label) => {
      const found = image.overlaps.filter((overlap) => label === "" || overlap.label === Number(label));
      return found.length ? Math.min(...found.map((overlap) => overlap.iou)) : null;
    };
    const ORDERS = {
      interest: null,
      confident: [(image) => image.confidence, -1],
      unsure: [(image) => image.confidence, 1],
      worst: [(image, label) => worst(image, label), 1],
      best: [(image, label) => worst(image, label), -1],
      line: [(image) => image.id, 1],
    };
    function matches(image, wanted) {
      const cell = outcome(image);
      const judged = { "": true, correct: cell?.[0] === "T", incorrect: cell?.[0] === "F", excluded: !cell }[wanted.judged] ?? cell === wanted.judged;
      const problem = !wanted.problem || (image.problems && (wanted.problem === "*" || image.problems.includes(wanted.problem)));
      return judged && problem && (!wanted.label || worst(image, wanted.label) !== null)
        && (!wanted.name || image.uri.toLowerCase().includes(wanted.name.toLowerCase()));
    }
    function choose() {
      const wanted = Object.fromEntries(new FormData(form));
      const order = ORDERS[wanted.sort], label = wanted.label ?? "";
      matching = data.images.filter((image) => (!only || only.place.has(image.id)) && matches(image, wanted));
      if (order) {
        const key = new Map(matching.map((image) => [image, order[0](image, label)]));
        matching.sort((a, b) => (key.get(a) === null) - (key.get(b) === null) || order[1] * (key.get(a) - key.get(b)) || a.id - b.id);
      } else if (only) matching.sort((a, b) => only.place.get(a.id) - only.place.get(b.id));
      cards.replaceChildren();
      shown = 0;
      add();
      const unlisted = data.nImages - data.images.length;
      section.querySelector(".chosen").textContent = `${matching.length} of ${data.nImages} images${only ? `: ${only.title}` : ""}.`
        + (unlisted ? ` The ${unlisted} least interesting images are not listed.` : "");
      all.hidden = !only;
    }
    function add() {
      const from = shown;
      shown = Math.min(matching.length, shown + PAGE);
      for (let i = from; i < shown; i++) cards.append(card(matching[i], i));
      more.hidden = shown === matching.length;
      more.textContent = `Show ${Math.min(PAGE, matching.length - shown)} more`;
    }
    function card(image, i) {
      const item = template.content.cloneNode(true).firstElementChild;
      const frame = item.querySelector(".frame");
      stack(item.querySelector(".stack"), image);
      frame.setAttribute("aria-label", `Enlarge ${image.name}`);
      frame.addEventListener("click", () => enlarge(i));
      item.querySelector(".name bdi").textContent = image.name;
      item.querySelector(".name").title = image.uri;
      item.querySelector(".facts").textContent = facts(image);
      badge(item.querySelector(".outcome"), outcome(image));
      for (const overlap of image.overlaps) {
        const color = image.picture?.colors[overlap.label], swatch = make("span", { className: color ? "swatch" : "" });
        if (color) swatch.style.backgroundColor = color;
        const iou = overlap.truth ? `IoU ${(overlap.iou * 100).toFixed(1)} %` : "not in the truth";
        const text = ` ${iou}${overlap.note ? `, ${overlap.note}` : ""}`;
        item.querySelector(".found").append(make("li", {}, swatch, make("bdi", { textContent: data.labels[overlap.label] }), text));
      }
      return item;
    }
    function enlarge(i) {
      const image = matching[i];
      if (!image) return;
      open = i;
      stack(dialog.querySelector(".stack"), image);
      dialog.querySelector("header bdi").textContent = image.uri;
      dialog.querySelector(".facts").textContent = facts(image);
      badge(dialog.querySelector(".outcome"), outcome(image));
      dialog.querySelector(".previous").disabled = i === 0;
      dialog.querySelector(".next").disabled = i === matching.length - 1;
      zoom();
      if (!dialog.open) dialog.showModal();
    }
    function zoom() {
      const picture = matching[open].picture;
      dialog.querySelector(".stack").style.width = picture?.photo ? `${picture.width * dialog.querySelector(".by").value}px` : "auto";
    }
    dialog.querySelector(".by").addEventListener("input", zoom);
    dialog.querySelector(".close").addEventListener("click", () => dialog.close());
    dialog.querySelector(".previous").addEventListener("click", () => enlarge(open - 1));
    dialog.querySelector(".next").addEventListener("click", () => enlarge(open + 1));
    dialog.addEventListener("keydown", (event) => {
      if (event.target.matches("input, .view")) return; // there the arrows zoom and scroll
      if (event.key === "ArrowLeft") enlarge(open - 1);
      if (event.key === "ArrowRight") enlarge(open + 1);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      const { name, value, checked } = event.target;
      if (name === "opacity") section.style.setProperty("--opacity", value / 100);
      else if (name === "truth" || name === "predicted") section.classList.toggle(`without-${name}`, !checked);
      else choose();
    });
    more.addEventListener("click", () => {
      const first = shown;
      add();
      cards.children[first]?.querySelector(".frame").focus();
    });
    all.addEventListener("click", () => { only = null; choose(); section.focus(); });
    choose();
    return {
      refresh: choose,
      only(ids, title) {
        only = { place: new Map(ids.map((id, place) => [id, place])), title };
        form.reset();
        section.classList.remove("without-truth", "without-predicted");
        section.style.removeProperty("--opacity");
        choose();
        section.scrollIntoView();
        section.focus({ preventScroll: true });
      },
    };
  }

  async function charts(root, specifications) {
    const views = {};
    for (const holder of root.querySelectorAll(".chart")) {
      const name = holder.dataset.chart;
      const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true };
      views[name] = (await window.vegaEmbed(holder, specifications[name], options)).view;
    }
    return views;
  }
  function point(views, data, { TP, FP }, chosen) {
    const anomalies = data.own.TP + data.own.FN, normals = data.own.FP + data.own.TN;
    const k = chosen ?? data.thresholds?.asPredicted;
    const at = k === null || k === undefined ? -1 : k === 0 ? 1 : data.thresholds.scores[k - 1];
    const set = (name, x, y) => {
      if (!views[name]) return;
      views[name].signal("at_x", x);
      if (y !== undefined) views[name].signal("at_y", y);
      views[name].runAsync();
    };
    set("scores", at);
    set("roc", FP / normals, TP / anomalies);
    set("precision_recall", TP / anomalies, TP + FP ? TP / (TP + FP) : 1);
  }

  for (const root of document.querySelectorAll(".audit")) {
    const data = JSON.parse(root.querySelector(".data").textContent);
    let views = {}, images = null, now = [data.own, null];
    const dial = threshold(root, data, (...state) => {
      now = state;
      point(views, data, ...state);
      images?.refresh();
    });
    images = gallery(root, data, dial.outcome);
    dial.show();
    for (const button of root.querySelectorAll("[data-show]")) {
      button.addEventListener("click", () => images.only(JSON.parse(button.dataset.show), button.dataset.title));
    }
    requestAnimationFrame(() => setTimeout(async () => {
      if (window.vegaEmbed) views = await charts(root, data.charts);
      point(views, data, ...now);
      root.dataset.ready = "yes";
    }));
  }

  const closed = [];
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) { details.open = true; closed.push(details); }
  });
  addEventListener("afterprint", () => { for (const details of closed.splice(0)) details.open = false; });
})();
