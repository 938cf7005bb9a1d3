// Voila calls these while the notebook runs, and when it has run.
window.voila_heartbeat = () => {};
window.voila_finish = () => document.getElementById("loading")?.remove();
