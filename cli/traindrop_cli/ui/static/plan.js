// The form before training: the plan follows what is chosen; Train goes to the run.
import { show } from "./parts.js";

const LOST = "traindrop ui does not answer. Is it still running in its terminal?";
let newest = 0;

export function plan(form) {
  form.addEventListener("change", (event) => {
    if (event.target.type !== "file") renew(form);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    train(form);
  });
  // A browser may fill in what was chosen before the page was loaded anew.
  if ([...form.elements].some(isChanged)) renew(form);
}

function isChanged(field) {
  if (field.options) return [...field.options].some((each) => each.selected && !each.defaultSelected && each.index > 0);
  return field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== (field.defaultValue ?? field.value);
}

async function renew(form) {
  const number = ++newest;
  document.getElementById("plan").setAttribute("aria-busy", "true");
  // Not form.dataset.plan: form.dataset is the field of that name.
  const answer = await post(form, form.getAttribute("data-plan"));
  if (number !== newest) return;
  document.getElementById("plan").removeAttribute("aria-busy");
  fault(answer.error);
  for (const [id, html] of Object.entries(answer.parts ?? {})) show(id, html);
}

async function train(form) {
  const button = document.getElementById("train");
  if (button.disabled) return;
  button.disabled = true;
  button.textContent = "Uploading …";
  fault("");
  const answer = await post(form, form.getAttribute("data-train"));
  if (answer.location) return location.assign(answer.location);
  button.disabled = false;
  button.textContent = "Train";
  fault(answer.error);
}

async function post(form, address) {
  try {
    const body = new URLSearchParams(new FormData(form));
    return await (await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } })).json();
  } catch {
    return { error: LOST };
  }
}

function fault(text) {
  const element = document.getElementById("train-fault");
  element.textContent = text ?? "";
  element.hidden = !text;
}
