// What tasks made: pictures and sound that this mock serves are shown, whatever the contract calls them; a URL of
// another host is only a word, since the page asks no other host for anything.

import { h } from "./dom.js";

const FOLDER = "/__mock/media/";
const PICTURES = /\.(png|jpe?g)$/i;
const SMALL = 68; // pixels of the side of a thumbnail, twice what is shown
const LARGE = 512;
const MOST = 4; // thumbnails of a task
const SOUND = /\.wav$/i;

/** The path of a file that this mock serves, or null. The host of its URL is whatever the client called the mock. */
export function ownPath(value) {
  const words = String(value); // a result may be a number
  const at = words.indexOf(FOLDER);
  const path = at < 0 ? "" : words.slice(at);
  return /^[\w!$%&'()*+,.:;=@~/-]+$/.test(path) && !path.includes("/../") ? path : null;
}

/** The pictures of a task, small: for a lane. */
export function thumbnails(task) {
  const paths = task.results.flatMap((row) => Object.values(row)).map(ownPath);
  return paths.filter((path) => path && PICTURES.test(path)).slice(0, MOST).map((path) => picture(path, task.id, SMALL));
}

/** All results of a task. */
export const results = (task) => task.results.map((row, number) => result(task, row, number + 1));

function result(task, row, number) {
  const paths = [...new Set(Object.values(row).map(ownPath).filter(Boolean))];
  const shown = paths.map((path) => (PICTURES.test(path) ? picture(path, `${task.id}, result ${number}`, LARGE) : SOUND.test(path) ? player(path, task.id, number) : null));
  const facts = Object.entries(row).map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]);
  return h("li", { class: "result" }, shown, h("dl", { class: "facts" }, facts));
}

/** A preview, which no fault meets: to look on changes nothing. */
function picture(path, about, side) {
  const image = h("img", { src: `${path}?preview=${side}`, alt: `Picture of ${about}`, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "quiet" }, "not there yet")), { once: true });
  return image;
}

const player = (path, id, number) => h("audio", { src: path, controls: true, preload: "none", "aria-label": `Sound of ${id}, result ${number}` });
