"use strict";
// Partial updates when the watch has looked, and the slider. Without this script every page is whole all the same.

const REST_MS = 60;

function renew() {
  return fetch(location.pathname, { credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
    .then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html");
      document.body.dataset.seen = fresh.body.dataset.seen ?? "";
      for (const old of document.querySelectorAll("[data-live]")) {
        const part = fresh.getElementById(old.id);
        if (!part || old.contains(document.activeElement)) continue;
        const folds = part.querySelectorAll("details");
        old.querySelectorAll("details").forEach((fold, place) => folds[place]?.toggleAttribute("open", fold.open));
        if (part.innerHTML === old.innerHTML) continue;
        old.className = part.className;
        old.replaceChildren(...part.childNodes);
      }
    })
    .catch(() => {});
}

function lost(is) {
  document.body.classList.toggle("lost", is);
}

function listen() {
  const line = new EventSource("/api/events");
  line.addEventListener("look", (told) => {
    lost(false);
    if (JSON.parse(told.data).seen !== document.body.dataset.seen) renew();
  });
  line.addEventListener("open", () => lost(false));
  line.addEventListener("error", () => lost(true));
  addEventListener("pagehide", () => line.close());
}

function paragraph(line) {
  return Object.assign(document.createElement("p"), { textContent: line });
}

function slide(form) {
  const target = document.getElementById("target");
  const number = document.getElementById("target-said");
  const said = document.getElementById("said");
  const cells = document.getElementById("cells");
  const refused = document.getElementById("refused");
  const told = document.querySelectorAll("[data-at]");
  const kept = document.getElementById("kept-target");
  let asking = false;
  let shown = target.value;

  function show(found) {
    for (const [name, text] of Object.entries(found.cells)) {
      const cell = cells.querySelector(`[data-cell="${name}"]`);
      if (cell) cell.textContent = text;
      const why = cells.querySelector(`[data-why="${name}"] div`);
      if (why) why.replaceChildren(...found.why[name].map(paragraph));
    }
    said.textContent = `Target ${Number(shown).toFixed(2)}: ${found.cells.trade}; costs ${found.cells.cost}, leaves ${found.cells.left}.`;
    const lines = [...found.refused.map((line) => `refused: ${line}`), ...found.untraded];
    refused.replaceChildren(...lines.map(paragraph));
    kept.value = shown;
    for (const at of told) at.textContent = Number(shown).toFixed(2);
  }

  function unknown() {
    for (const cell of cells.querySelectorAll("[data-cell]")) cell.textContent = "unknown";
    refused.textContent = "The plan for this target could not be fetched.";
  }

  // One question at a time, after a moment's rest: what was asked last is asked next, what lies between is never asked.
  async function ask() {
    if (asking) return;
    asking = true;
    cells.classList.add("old");
    while (shown !== target.value) {
      await new Promise((rested) => setTimeout(rested, REST_MS));
      shown = target.value;
      try {
        const answer = await fetch(`/api/what-if?target_beta=${encodeURIComponent(shown)}`);
        if (!answer.ok) throw new Error(String(answer.status));
        show(await answer.json());
      } catch {
        unknown();
      }
    }
    cells.classList.remove("old");
    asking = false;
  }

  target.addEventListener("input", () => {
    number.textContent = Number(target.value).toFixed(2);
    ask();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
}

const slider = document.getElementById("slider");
if (slider) slide(slider);
listen();
