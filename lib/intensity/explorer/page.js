// What widgets lack, in JupyterLab and on the page of its own: names for screen readers, levels by a
// click on the plane, and files that are dropped.
if (!window.intensityExplorer) {
  window.intensityExplorer = true;
  const MOST_BYTES = 8e6; // as files.py has it; a message of more than 10 MB cuts the connection

  // Sliders have a label beside them that is tied to nothing: name their handles and numbers by it.
  const nameParts = () => {
    for (const slider of document.querySelectorAll(".explorer .widget-hslider")) {
      const name = slider.querySelector(".widget-label")?.textContent;
      for (const part of slider.querySelectorAll(".noUi-handle, .widget-readout")) {
        if (name && part.getAttribute("aria-label") !== name) part.setAttribute("aria-label", name);
      }
    }
    for (const said of document.querySelectorAll(".explorer-answer .widget-html-content")) {
      if (!said.hasAttribute("aria-live")) said.setAttribute("aria-live", "polite");
    }
  };
  new MutationObserver(nameParts).observe(document, { childList: true, subtree: true });

  // A point of the plane gives both levels at once.
  const takePoint = (event) => {
    const picture = event.target.closest?.(".explorer-plane img[data-place]");
    const input = picture?.closest(".explorer").querySelector(".explorer-point input");
    if (!input) return;
    const box = picture.getBoundingClientRect();
    const [left, top, width, height] = picture.dataset.place.split(",").map(Number);
    const across = ((event.clientX - box.left) / box.width - left) / width;
    const down = ((event.clientY - box.top) / box.height - top) / height;
    if (Math.min(across, down) < 0 || Math.max(across, down) >= 1) return;
    input.value = `${Math.floor(256 * across)} ${Math.floor(256 * (1 - down))}`;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("click", takePoint);
  document.addEventListener("mousemove", (event) => event.buttons & 1 && takePoint(event));

  // A file dropped on the explorer is handed to its button, which opens a chooser otherwise.
  const explorerOf = (event) => event.target.closest?.(".explorer");
  const isFile = (event) => event.dataTransfer?.types.includes("Files");
  const open = HTMLInputElement.prototype.click;
  const give = (button, files) => {
    HTMLInputElement.prototype.click = function () {
      this.files = files;
      this.dispatchEvent(new Event("change"));
    };
    button.click();
    HTMLInputElement.prototype.click = open;
  };
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.(".explorer-plane img")) event.preventDefault();
  });
  document.addEventListener("dragover", (event) => {
    if (explorerOf(event) && isFile(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const button = explorerOf(event)?.querySelector(".widget-upload");
    if (!button || !isFile(event)) return;
    event.preventDefault();
    give(button, event.dataTransfer.files);
  });
}
