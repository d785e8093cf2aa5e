/** The page: what the user does -> the worker -> what the user sees. */

import { Client } from "./client.js";
import { Compare } from "./compare.js";
import { fillTable, time } from "./numbers.js";
import { jpegOfSize, readPicture, toPng } from "./picture.js";

const SHIPPED = ["vr", "vr-msssim"]; // the first: as tfc_vae.codec.store says
const SAMPLE = "../photos/budgie.png";
const SLIDER_REST = 120; // ms without a move before the picture is coded again
const OURS = "tfc_vae";

const element = (id) => document.getElementById(id);
const compare = new Compare(element("compare"));
const client = new Client(showProgress);
let ready; // promise of the opened model
let current = null; // what is shown: {name, pixels, summary, original, ours, jpeg}
let work = Promise.resolve(); // one file or quality after the other
let wanted = 0; // counts what was asked for, so that stale work is left out

start();

function start() {
  const name = new URLSearchParams(location.search).get("model") ?? SHIPPED[0];
  const folder = (model) =>
    new URL(`../saved_models/${encodeURIComponent(model)}/`, location).href;
  const others = SHIPPED.filter((other) => other !== name).map(folder);
  const vendor = new URL("vendor/", location).href;
  ready = client.call("open", { model: folder(name), others, vendor });
  ready.then(showAbout, () => {});
  listen();
  openSample();
}

function listen() {
  const input = element("file");
  element("choose").addEventListener("click", () => input.click());
  element("sample").addEventListener("click", openSample);
  input.addEventListener("change", () => {
    if (input.files[0]) open(input.files[0]);
    input.value = ""; // the same file can be chosen again
  });
  listenForDrops(element("drop"));
  const slider = element("quality");
  let rest;
  slider.addEventListener("input", () => {
    setBusy(true);
    element("quality-value").textContent = slider.value;
    clearTimeout(rest);
    rest = setTimeout(() => enqueue(compress), SLIDER_REST);
  });
  element("controls").addEventListener("submit", (event) => event.preventDefault());
  element("pairs").addEventListener("change", showPair);
  element("zooms").addEventListener("change", (event) => {
    compare.zoom = event.target.value;
  });
  element("save-png").addEventListener("click", savePng);
}

/** A file may be dropped anywhere; the zone shows that it would be taken. */
function listenForDrops(zone) {
  let depth = 0; // enter and leave come for every element on the way
  const over = (change) => {
    depth += change;
    zone.classList.toggle("over", depth > 0);
  };
  addEventListener("dragenter", () => over(1));
  addEventListener("dragleave", () => over(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    over(-depth);
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
}

// Work, one thing at a time

/** Runs `job` after what runs now; of several that wait only the last one runs. */
function enqueue(job) {
  const mine = ++wanted;
  setBusy(true);
  work = work.then(async () => {
    if (mine !== wanted) return;
    try {
      showError("");
      await ready;
      await job();
    } catch (error) {
      console.debug(error);
      showError(error.message);
      element("result").hidden = !current;
    } finally {
      if (mine === wanted) setBusy(false);
    }
  });
}

async function openSample() {
  enqueue(async () => {
    const response = await fetch(SAMPLE);
    if (!response.ok) throw new Error(`There is no sample photo at ${SAMPLE}.`);
    await openPicture(new File([await response.blob()], SAMPLE.split("/").pop()));
  });
}

function open(file) {
  enqueue(async () => {
    const start = new TextDecoder("latin1").decode(
      await file.slice(0, 4).arrayBuffer(),
    );
    const ours = start === "TFCV" || file.name.toLowerCase().endsWith(".tfcv");
    await (ours ? openCompressed(file) : openPicture(file));
  });
}

async function openPicture(file) {
  showProgress("Reading", 0);
  const original = await readPicture(file);
  const pixels = original.width * original.height;
  current = null; // what is shown is no longer what the worker holds
  await client.call("load", original);
  const name = file.name.replace(/\.[^.]*$/, "") || "picture";
  compare.center();
  await compress({ name, pixels, original: { picture: original, size: file.size } });
}

/** Codes a picture, by default the one that is shown, at the slider's quality. */
async function compress(source = current) {
  if (!source?.original) return;
  const quality = Number(element("quality").value);
  const ours = await client.call("compress", quality);
  showProgress("Looking for the JPEG of equal size", 0);
  const jpeg = await jpegOfSize(source.original.picture, ours.bytes.length);
  jpeg.psnr = await client.call("compare", jpeg.picture);
  current = { ...source, ours, jpeg };
  showCompressed();
}

async function openCompressed(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const ours = { bytes, ...(await client.call("decompress", bytes)) };
  const { width, height } = ours.picture;
  const name = file.name.replace(/\.tfcv$/i, "") || "picture";
  current = { name, pixels: width * height, ours };
  fillTable(element("rows"), [
    { name: OURS, bytes: bytes.length, pixels: current.pixels, ours: true },
  ]);
  const quality = Number(ours.quality.toFixed(1));
  current.summary =
    `${width} × ${height} pixels, quality ${quality}, model ${ours.model}. ` +
    `Decoded in ${time(ours.decodeMs)}.`;
  showResult();
}

// What is shown

function showCompressed() {
  const { original, ours, jpeg, pixels } = current;
  const note = jpeg.quality ? `quality ${jpeg.quality}` : "its lowest quality";
  fillTable(element("rows"), [
    { name: "Original", bytes: original.size, pixels },
    { name: OURS, bytes: ours.bytes.length, pixels, psnr: ours.psnr, ours: true },
    { name: "JPEG", note, bytes: jpeg.size, pixels, psnr: jpeg.psnr },
  ]);
  const { width, height } = ours.picture;
  current.summary =
    `${width} × ${height} pixels. Encoded in ${time(ours.encodeMs)}, ` +
    `decoded in ${time(ours.decodeMs)}.`;
  showResult();
}

function showResult() {
  const comparable = Boolean(current.original);
  element("quality-row").hidden = !comparable;
  element("pairs").hidden = !comparable;
  element("result").hidden = false;
  showPair();
  const link = element("save-tfcv");
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([current.ours.bytes]));
  link.download = `${current.name}.tfcv`;
}

function showPair() {
  if (!current) return;
  const names = { original: "Original", ours: OURS, jpeg: "JPEG" };
  const entry = (key) => ({ name: names[key], picture: current[key].picture });
  const pair = element("controls").elements.pair.value.split(" ");
  if (current.original) compare.show(...pair.map(entry));
  else compare.show(null, entry("ours"));
}

async function savePng() {
  if (!current) return;
  const url = URL.createObjectURL(await toPng(current.ours.picture));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${current.name}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the download has begun by then
}

function setBusy(busy) {
  document.querySelector("main").ariaBusy = busy;
  element("status").classList.toggle("idle", !busy);
  if (!busy) element("stage").textContent = current?.summary ?? "";
}

function showProgress(stage, share) {
  element("stage").textContent = stage;
  element("progress").value = share;
}

function showError(text) {
  element("message").textContent = text;
  element("message").hidden = !text;
}

function showAbout({ name, modelId, threads }) {
  const unit = threads === 1 ? "thread" : "threads";
  element("about").textContent =
    `Model ${name}, id ${modelId}. LiteRT.js on the processor, ${threads} ${unit}.`;
}
