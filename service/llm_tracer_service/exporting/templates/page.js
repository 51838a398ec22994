"use strict";
const spans = [...document.querySelectorAll("#spans > details")];
const filter = document.getElementById("filter");
const shown = document.getElementById("shown");
const all = document.getElementById("all");

filter.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  let count = 0;
  for (const span of spans) {
    span.hidden = wanted !== "" && !span.textContent.toLowerCase().includes(wanted);
    count += !span.hidden;
  }
  shown.textContent = wanted === "" ? "" : `${count} of ${spans.length} spans`;
});

all.addEventListener("click", () => {
  const open = all.textContent === "Open all";
  for (const span of spans) span.open = open;
  all.textContent = open ? "Close all" : "Open all";
});

const openTarget = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target) target.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();
