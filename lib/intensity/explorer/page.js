// What widgets lack, in JupyterLab and on the page of its own: names for screen readers, levels by a
// click on the plane, and files that are dropped.
if (!window.intensityExplorer) {
  window.intensityExplorer = true;

  // Sliders have a label beside them that is tied to nothing: name their handles and numbers by it.
  const nameParts = () => {
    for (const slider of document.querySelectorAll(".explorer .widget-hslider")) {
      const name = slider.querySelector(".widget-label")?.textContent;
      for (const part of slider.querySelectorAll(".noUi-handle, .widget-readout")) {
        if (name && part.getAttribute("aria-label") !== name) part.setAttribute("aria-label", name);
      }
    }
    for (const button of document.querySelectorAll(".explorer .widget-upload")) {
      const words = button.lastChild; // with how many files it has, which says nothing here
      if (/ \(\d+\)$/.test(words?.data)) words.data = words.data.replace(/ \(\d+\)$/, "");
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
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.(".explorer-plane img")) event.preventDefault();
  });

  // A file that is dropped, or chosen, is handed to the button's own way of reading one. A message of
  // more than 10 MB would cut the connection, so what is refused anyway is not sent whole.
  const MOST = 9e6;
  const choose = HTMLInputElement.prototype.click;
  const hand = (button, file) => {
    if (!file) return;
    const files = new DataTransfer();
    files.items.add(new File([file.slice(0, MOST)], file.name));
    HTMLInputElement.prototype.click = function () {
      this.files = files.files;
      this.dispatchEvent(new Event("change"));
    };
    button.click();
    HTMLInputElement.prototype.click = choose;
  };
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.accept = "image/*";
  document.addEventListener("click", (event) => {
    const button = event.isTrusted && event.target.closest?.(".explorer .widget-upload");
    if (!button) return;
    event.stopImmediatePropagation();
    chooser.value = "";
    chooser.onchange = () => hand(button, chooser.files[0]);
    chooser.click();
  }, true);
  const dropped = (event) => {
    const button = event.target.closest?.(".explorer")?.querySelector(".widget-upload");
    if (!button || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (event.type === "drop") hand(button, event.dataTransfer.files[0]);
  };
  document.addEventListener("dragover", dropped);
  document.addEventListener("drop", dropped);
}
