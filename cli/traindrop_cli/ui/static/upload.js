// Files that are dropped or chosen, sent as they are.
const LOST = "traindrop ui does not answer. Is it still running in its terminal? Start it again, and drop the file once more.";

export function takeFiles(zone) {
  const input = zone.querySelector("input[type=file]");
  zone.querySelector(`[data-choose=${input.id}]`).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files.length) send(zone, input.files);
    input.value = "";
  });
  // The first zone takes what is dropped anywhere on the page: who misses it would leave the page.
  const target = zone.id === "zone" ? document.documentElement : zone;
  target.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  target.addEventListener("dragleave", (event) => {
    if (!target.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  target.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    zone.classList.remove("over");
    send(zone, event.dataTransfer.files);
  });
}

function send(zone, files) {
  const sending = zone.querySelector("[data-sending]");
  const fault = zone.querySelector("[data-fault]");
  const text = zone.querySelector("[data-sending-text]");
  const told = (message) => {
    sending.hidden = true;
    fault.hidden = false;
    fault.textContent = message;
  };
  fault.hidden = true;
  if (files.length > 1) return told("One file at a time, please: each becomes a run of its own.");
  const [file] = files;
  // The server looks too; but a browser may not hear an answer that comes before all is sent.
  if (file.size > Number(zone.dataset.most)) return told(zone.dataset.tooLarge);
  sending.hidden = false;
  text.textContent = `Reading ${file.name} …`;
  const request = new XMLHttpRequest();
  const address = new URL(zone.dataset.upload, location.href);
  address.searchParams.set("name", encodeURIComponent(file.name));
  request.open("POST", address);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) sending.querySelector("progress").value = event.loaded / event.total;
  });
  request.addEventListener("load", () => {
    if (request.response?.location) location.assign(request.response.location);
    else told(request.response?.error ?? LOST);
  });
  request.addEventListener("error", () => told(LOST));
  request.send(file);
}
