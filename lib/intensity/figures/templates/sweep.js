// Shows the scene and the level that the controls ask for; everything was computed beforehand.
async function showSweep(root, name) {
  const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const scenes = root.querySelector("select"), slider = root.querySelector("input");
  const level = root.querySelector("output"), truth = root.querySelector(".sweep-truth");
  const classes = [...root.querySelectorAll(".sweep-class")];

  const unpack = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const unpackAll = async (packed) => {
    const pairs = Object.entries(packed).map(async ([map, text]) => [map, await unpack(text)]);
    return Object.fromEntries(await Promise.all(pairs));
  };
  const maps = await Promise.all(data.scenes.map((scene) => unpackAll(scene.maps)));

  root.hidden = false; // Bokeh measures the room that it has
  const find = {};
  for (const [panel, item] of Object.entries(data.plots)) {
    const views = await Bokeh.embed.embed_item(item, `${name}-${panel}`);
    const { document } = [...views][0].model;
    find[panel] = (part) => document.get_model_by_name(part);
  }

  const drawCurves = (scene) => {
    const source = find.curves("curves"), columns = { level: source.data.level };
    data.scenes[scene].probabilities.forEach((seed, s) =>
      seed.forEach((curve, c) => { columns[`${s}-${c}`] = curve; }));
    source.data = columns;
  };
  const drawMap = (panel, scene, now) => {
    const source = find[panel]("map"), pixels = source.data.image[0];
    const bytes = maps[scene][panel], [low, high, steps] = data.scales[panel];
    const levels = data.labels.length; // which stand together for every pixel
    for (let i = 0; i < pixels.length; i++) {
      pixels[i] = low + (high - low) * bytes[i * levels + now] / steps;
    }
    source.change.emit();
    return { pixels, columns: data.shapes[panel][1] };
  };
  // Where a map is largest: its value, and the place in words; maps are stored from the last row up.
  const peak = ({ pixels, columns }) => {
    const place = pixels.indexOf(Math.max(...pixels));
    const row = pixels.length / columns - Math.floor(place / columns);
    return [pixels[place], `row ${row}, column ${place % columns + 1} of ${columns}`];
  };
  const describe = (panel, text) =>
    document.getElementById(`${name}-${panel}`).setAttribute("aria-label", text);
  const draw = () => {
    const scene = Number(scenes.value), now = Number(slider.value), label = data.labels[now];
    const shares = data.scenes[scene].probabilities[0].map((curve) => curve[now]);
    const says = shares.indexOf(Math.max(...shares));
    level.textContent = now;
    truth.textContent = label === null ? "No class at this level." : `True class: ${label}.`;
    classes.forEach((part, c) => {
      part.querySelector("b").textContent = `${(100 * shares[c]).toFixed(1)} %`;
      part.classList.toggle("says", c === says);
    });
    slider.setAttribute("aria-valuetext",
      `${now}, ${truth.textContent} The network says ${says}, ${(100 * shares[says]).toFixed(1)} %`);
    find.curves("now").location = now;
    find.curves("points").data = { ...find.curves("points").data, level: shares.map(() => now), value: shares };
    root.querySelector(".sweep-steepest").textContent =
      data.scenes[scene].steepest[now].toPrecision(2);
    drawMap("image", scene, now);
    const [, steepest] = peak(drawMap("saliency", scene, now));
    const [lost, covered] = peak(drawMap("occlusion", scene, now));
    const each = shares.map((share, c) => `class ${c} ${(100 * share).toFixed(1)} %`).join(", ");
    describe("curves", `Class probabilities over the object's intensity. At ${now}: ${each}.`);
    describe("image", `The scene with its object at grey level ${now}.`);
    describe("saliency", `Gradient saliency of class ${says}: steepest at ${steepest}.`);
    describe("occlusion",
      `Occlusion for class ${says}: at most ${lost.toFixed(2)} is lost, in window ${covered}.`);
  };
  const begin = () => {
    slider.value = data.scenes[Number(scenes.value)].intensity;
    drawCurves(Number(scenes.value));
    draw();
  };
  scenes.addEventListener("change", begin);
  slider.addEventListener("input", draw);
  root.querySelector("button").addEventListener("click", begin);
  begin();
}
