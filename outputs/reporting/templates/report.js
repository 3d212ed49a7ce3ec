"use strict";
// One colour a class; text is drawn on a dark background.
const COLOURS = {
  car: "#4cc2ff", van: "#4cc2ff", truck: "#ffb347", bus: "#ffe066", trailer: "#ffb347", construction: "#ffb347",
  motorcycle: "#c792ff", cyclist: "#7af0a8", pedestrian: "#ff6f91", child: "#ff6f91", cone: "#ff9d5c", barrier: "#d0d7de",
};
const FAINT = 40; // percent visible below which a box is dashed
const SMALLEST_NAMED = 14; // lowest box with a name, in CSS pixels

function drawBoxes(canvas, labels, frame, shown) {
  const scale = window.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.setTransform(canvas.width / labels.width, 0, 0, canvas.height / labels.height, 0, 0);
  if (!shown) return;
  const unit = labels.width / Math.max(width, 1); // one CSS pixel, in the picture's pixels
  pen.font = `600 ${11 * unit}px system-ui, sans-serif`;
  const boxes = labels.frames[frame] || [];
  for (const [actor, x0, y0, x1, y1, visible] of boxes) {
    const faint = visible < FAINT;
    pen.strokeStyle = COLOURS[labels.actors[actor].kind] || "#ffffff";
    pen.globalAlpha = faint ? 0.7 : 1;
    pen.lineWidth = (faint ? 1 : 1.75) * unit;
    pen.setLineDash(faint ? [4 * unit, 3 * unit] : []);
    pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
  }
  pen.globalAlpha = 1;
  drawNames(pen, labels, boxes, unit);
}

// Nearest first; a name that would overlap another one is left out.
function drawNames(pen, labels, boxes, unit) {
  const taken = [];
  for (const [actor, x0, y0, , y1, visible] of [...boxes].reverse()) {
    if (visible < FAINT || y1 - y0 < SMALLEST_NAMED * unit) continue;
    const { id, kind } = labels.actors[actor];
    const text = visible < 100 ? `${id} ${visible} %` : id;
    const wide = pen.measureText(text).width + 6 * unit;
    const left = Math.max(0, Math.min(x0, labels.width - wide));
    const top = Math.max(0, y0 - 15 * unit);
    const covers = taken.some(([x, y, w]) => left < x + w && x < left + wide && Math.abs(top - y) < 14 * unit);
    if (covers) continue;
    taken.push([left, top, wide]);
    pen.fillStyle = "rgba(10, 14, 18, 0.72)";
    pen.fillRect(left, top, wide, 14 * unit);
    pen.fillStyle = COLOURS[kind] || "#ffffff";
    pen.fillText(text, left + 3 * unit, top + 11 * unit);
  }
}

function setUp(clip) {
  const rate = Number(clip.dataset.rate);
  const duration = Number(clip.dataset.duration);
  const last = Math.round(duration * rate);
  const find = (name) => clip.querySelector(name);
  const videos = [...clip.querySelectorAll("video")];
  const screens = [...clip.querySelectorAll(".screens")].flatMap((screens) => {
    const labels = JSON.parse(screens.querySelector(".boxes").textContent);
    return [...screens.querySelectorAll("canvas")].map((canvas) => ({ canvas, labels }));
  });
  const heads = [...clip.querySelectorAll(".playhead")];
  const [play, seek, now, show] = [find(".play"), find(".seek"), find(".now"), find(".show")];
  const lead = videos[0];
  let frame = 0;

  function paint() {
    for (const { canvas, labels } of screens) drawBoxes(canvas, labels, frame, show.checked);
    for (const head of heads) {
      const x = Number(head.dataset.from) + (Number(head.dataset.to) - Number(head.dataset.from)) * (frame / Math.max(last, 1));
      head.setAttribute("x1", x);
      head.setAttribute("x2", x);
    }
    seek.value = frame;
    now.textContent = `${(frame / rate).toFixed(2)} s, frame ${frame}`;
  }

  function showFrame(next) {
    frame = Math.min(last, Math.max(0, next));
    paint();
  }

  function go(next) {
    showFrame(next);
    // The middle of the frame: at its start, rounding may select the previous frame.
    for (const video of videos) video.currentTime = (frame + 0.5) / rate;
  }

  function follow() {
    if (lead.paused) return;
    for (const video of videos.slice(1)) {
      if (Math.abs(video.currentTime - lead.currentTime) > 0.5 / rate) video.currentTime = lead.currentTime;
    }
  }

  function onPresented(_, shown) {
    showFrame(Math.round(shown.mediaTime * rate));
    follow();
    lead.requestVideoFrameCallback(onPresented);
  }

  function onTick() {
    if (!lead.paused) showFrame(Math.floor(lead.currentTime * rate + 1e-3));
    follow();
    requestAnimationFrame(onTick);
  }

  for (const video of videos) {
    video.controls = false;
    video.loop = true;
    // Browsers paint the first frame reliably only after a seek.
    const paintFirst = () => { if (video.paused) video.currentTime = (frame + 0.5) / rate; };
    video.readyState ? paintFirst() : video.addEventListener("loadedmetadata", paintFirst);
  }
  find(".controls").hidden = false;
  seek.max = last;
  play.addEventListener("click", () => {
    const start = lead.paused;
    for (const video of videos) start ? video.play() : video.pause();
  });
  lead.addEventListener("play", () => { play.textContent = "Pause"; });
  lead.addEventListener("pause", () => { play.textContent = "Play"; go(frame); });
  seek.addEventListener("input", () => go(Number(seek.value)));
  find(".back").addEventListener("click", () => go(frame - 1));
  find(".on").addEventListener("click", () => go(frame + 1));
  find(".slow").addEventListener("change", (event) => {
    for (const video of videos) video.playbackRate = event.target.checked ? 0.25 : 1;
  });
  show.addEventListener("change", paint);
  for (const jump of clip.querySelectorAll(".jump")) {
    jump.addEventListener("click", () => go(Math.round(Number(jump.dataset.time) * rate)));
  }
  const whole = find(".whole");
  const load = () => { for (const video of videos) video.preload = "auto"; };
  whole.addEventListener("toggle", () => {
    if (whole.open) load();
    else for (const video of videos) video.pause();
  });
  if (whole.open) load(); // a section open from the start may have fired its toggle event already
  new ResizeObserver(paint).observe(screens[0].canvas);
  lead.requestVideoFrameCallback ? lead.requestVideoFrameCallback(onPresented) : requestAnimationFrame(onTick);
  paint();
}

// A link to a closed clip opens it.
function unfold() {
  const clip = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!clip || !clip.matches(".clip")) return;
  clip.querySelector(".whole").open = true;
  clip.scrollIntoView();
}

for (const clip of document.querySelectorAll(".clip")) setUp(clip);
window.addEventListener("hashchange", unfold);
unfold();
