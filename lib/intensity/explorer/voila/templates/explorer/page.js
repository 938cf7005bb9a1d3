// Voila calls these while the notebook runs, and when it has run.
window.voila_heartbeat = () => {};
window.voila_finish = () => document.getElementById("loading")?.remove();

// Sliders have a label beside them that is tied to nothing: name their handles and numbers by it.
const nameSliders = () => {
  for (const slider of document.querySelectorAll(".widget-hslider")) {
    const name = slider.querySelector(".widget-label")?.textContent;
    for (const part of slider.querySelectorAll(".noUi-handle, .widget-readout")) {
      if (name && part.getAttribute("aria-label") !== name) part.setAttribute("aria-label", name);
    }
  }
};
new MutationObserver(nameSliders).observe(document, { childList: true, subtree: true });
