// One switch opens or closes the code of every cell; without it each still opens by itself.
const codeSwitch = document.getElementById("code-switch");
codeSwitch.hidden = false;
codeSwitch.addEventListener("click", () => {
  const open = codeSwitch.getAttribute("aria-pressed") === "false";
  codeSwitch.setAttribute("aria-pressed", String(open));
  codeSwitch.textContent = open ? "Hide all code" : "Show all code";
  document.querySelectorAll("details.code").forEach((cell) => { cell.open = open; });
});

// A link to a cell's code opens it, each time, and so does an address that names it.
const openCell = (hash) => {
  const cell = document.getElementById(hash.slice(1));
  if (cell?.matches("details.code")) { cell.open = true; cell.scrollIntoView(); }
};
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link) openCell(link.hash);
});
openCell(location.hash);

// The contents follow the scroll: the last heading above the upper third of the window is current,
// and in the end the last of all, which may never get there.
const contents = document.querySelector("nav details"), here = document.getElementById("here");
const links = [...contents.querySelectorAll("a")];
const targets = links.map((link) => document.getElementById(link.hash.slice(1)));
let current = null;
const follow = () => {
  const above = targets.filter((target) => target.getBoundingClientRect().top < innerHeight / 3);
  const ended = scrollY + innerHeight > document.documentElement.scrollHeight - 4;
  const link = ended ? links.at(-1) : links[Math.max(above.length - 1, 0)];
  if (link === current) return;
  current?.removeAttribute("aria-current");
  current = link;
  current.setAttribute("aria-current", "location");
  here.textContent = `: ${current.textContent}`;
  const list = contents.querySelector("ul"), place = current.offsetTop - list.offsetTop;
  if (place < list.scrollTop || place > list.scrollTop + list.clientHeight - 40) {
    list.scrollTop = place - list.clientHeight / 2;
  }
};
addEventListener("scroll", () => requestAnimationFrame(follow), { passive: true });
follow();

// On a narrow screen the contents are a bar that opens and closes again when something is chosen.
const broad = matchMedia("(min-width: 76rem)");
const fit = () => { contents.open = broad.matches; };
broad.addEventListener("change", fit);
contents.addEventListener("click", (event) => {
  if (event.target.matches("a") && !broad.matches) contents.open = false;
});
fit();

// What is wider than its place can be scrolled by keyboard too, and has a name of its own.
const names = new Map([...document.querySelectorAll(".wide")].map((part, number) => [
  part,
  part.closest("figure")?.querySelector("figcaption b").textContent
    ?? `${part.closest("section")?.querySelector("h2")?.textContent}, part ${number}`,
]));
const reach = new ResizeObserver((entries) => entries.forEach(({ target }) => {
  const wide = { tabindex: "0", role: "region", "aria-label": names.get(target) };
  for (const [attribute, value] of Object.entries(wide)) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute(attribute, value);
    else target.removeAttribute(attribute);
  }
}));
names.forEach((_, part) => reach.observe(part));
