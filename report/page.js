// One switch opens or closes the code of every cell; without it each still opens by itself.
const codeSwitch = document.getElementById("code-switch");
codeSwitch.hidden = false;
codeSwitch.addEventListener("click", () => {
  const open = codeSwitch.getAttribute("aria-pressed") === "false";
  codeSwitch.setAttribute("aria-pressed", String(open));
  codeSwitch.textContent = open ? "Hide all code" : "Show all code";
  document.querySelectorAll("details.code").forEach((cell) => { cell.open = open; });
});
