// The one place where text of the server becomes markup; the server has escaped what came out of data.
const policy = window.trustedTypes?.createPolicy("server", { createHTML: (text) => text });

// Puts the markup of a part into the element of that id. Whoever had the focus in it has it afterwards.
export function show(id, html) {
  const part = document.getElementById(id);
  if (!part) return;
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html) : html;
  if (part.innerHTML === template.innerHTML) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && pathOf(focused, part);
  const scrolled = [...part.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  part.replaceChildren(template.content);
  part.querySelectorAll(".scroll").forEach((each, number) => (each.scrollLeft = scrolled[number] ?? 0));
  if (focused) found(focused, place, part)?.focus({ preventScroll: true });
}

function pathOf(element, part) {
  const path = [];
  for (let at = element; at !== part; at = at.parentElement) path.unshift([...at.parentElement.children].indexOf(at));
  return path;
}

// The element of the same id or the same link, else the one in the same place.
function found(old, path, part) {
  if (old.id) return document.getElementById(old.id);
  const href = old.getAttribute("href");
  const same = href && [...part.querySelectorAll("a")].find((each) => each.getAttribute("href") === href);
  return same || path.reduce((at, number) => at?.children[number], part);
}

export function say(id, text) {
  const element = document.getElementById(id);
  element.textContent = text;
  if (element.classList.contains("banner")) element.hidden = !text;
}
