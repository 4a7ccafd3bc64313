// The filters of a report: what matches none of them is hidden. Without this script all of it is shown.
"use strict";
const form = document.getElementById("filters");
const shown = document.getElementById("shown");
const rest = document.querySelector(".rest");
const rows = [...document.querySelectorAll("[data-verdict]")];
const groups = [...document.querySelectorAll("[data-group]")];

function words(text) {
  return text.split(" ").filter(Boolean);
}

function matches(row, wanted) {
  const named = words(row.dataset.names.toLowerCase());
  return (!wanted.verdicts.length || wanted.verdicts.includes(row.dataset.verdict))
    && (!wanted.levels.length || wanted.levels.some((level) => words(row.dataset.level).includes(level)))
    && (!wanted.name || named.some((name) => name.startsWith(wanted.name)));
}

function filter() {
  const given = new FormData(form);
  const wanted = {
    verdicts: given.getAll("verdict"),
    levels: given.getAll("level"),
    name: String(given.get("name")).trim().toLowerCase(),
  };
  const all = !wanted.verdicts.length && !wanted.levels.length && !wanted.name;
  for (const row of rows) row.hidden = !matches(row, wanted);
  for (const group of groups) group.hidden = ![...group.querySelectorAll("[data-verdict]")].some((row) => !row.hidden);
  const counted = rows.filter((row) => row.matches("tr"));
  const found = counted.filter((row) => !row.hidden);
  shown.textContent = all ? "" : `${found.length} of ${counted.length} ${form.dataset.unit}s`;
  if (!all) rest.open = true;
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("reset", () => setTimeout(filter));
form.addEventListener("submit", (event) => event.preventDefault());
