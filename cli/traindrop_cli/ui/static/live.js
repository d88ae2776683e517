// What happens, as the server tells it (server-sent events). A tab that nobody sees holds no connection.
import { say, show } from "./parts.js";

const LOST = "The connection to traindrop ui is lost. Nothing happens to the runs. This page goes on by itself once it is back.";
const NEW_LINK = "traindrop ui was started anew with another token: open the link that it printed.";
const MOST_LINES = 5000;
const PAUSE = 1000;

let source = null;
let over = false;
let asking = null;

export function watch(address) {
  const open = () => {
    if (!source && !over && !document.hidden) listen(address);
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
}

function close() {
  clearTimeout(asking);
  asking = null;
  source?.close();
  source = null;
}

function listen(address) {
  source = new EventSource(address);
  const on = (name, heard) => source.addEventListener(name, (event) => heard(JSON.parse(event.data)));
  on("begin", () => {
    say("lost", "");
    document.getElementById("log")?.replaceChildren();
  });
  on("part", ({ id, html }) => show(id, html));
  on("lines", ({ lines }) => addLines(lines));
  on("said", ({ text }) => say("said", text));
  on("trouble", ({ text }) => say("trouble", text));
  on("over", () => {
    over = true;
    close();
  });
  source.addEventListener("error", () => {
    close();
    lost(address);
  });
}

// Asks until the server answers; what a refusal means is known by its number.
async function lost(address) {
  let status = 0;
  try {
    status = (await fetch("/alive", { cache: "no-store" })).status;
  } catch {
    status = 0;
  }
  if (status === 403) return say("lost", NEW_LINK);
  if (status === 0) say("lost", LOST);
  asking = setTimeout(() => (status === 0 ? lost(address) : listen(address)), PAUSE);
}

function addLines(lines) {
  const log = document.getElementById("log");
  if (!log) return;
  document.getElementById("log-section").hidden = false;
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
  log.append(...lines.slice(-MOST_LINES).map((line) => document.createTextNode(line + "\n")));
  while (log.childNodes.length > MOST_LINES) log.firstChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}
