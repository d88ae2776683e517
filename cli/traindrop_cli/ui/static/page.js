// The pages come whole from the server. This keeps them up to date, and sends files and forms.
import { watch } from "./live.js";
import { takeFiles } from "./upload.js";
import { plan } from "./plan.js";

const events = document.body.dataset.events;
if (events) watch(events);
for (const zone of document.querySelectorAll("[data-upload]")) takeFiles(zone);
const form = document.getElementById("draft");
if (form) plan(form);

for (const each of document.querySelectorAll("[data-submit-on-change]")) {
  each.addEventListener("change", () => each.requestSubmit());
}
for (const each of document.querySelectorAll("[data-once]")) {
  each.addEventListener("submit", () => {
    for (const button of each.querySelectorAll("button")) button.disabled = true;
  });
}
// A file that misses its place would take the place of the page.
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
