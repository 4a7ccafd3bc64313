// Times, counts and names as people read them.

import { h } from "./dom.js";

const NUMBER = new Intl.NumberFormat("en");

/** 12345 becomes 12,345. */
export const count = (number) => NUMBER.format(number);

/** "1 task", "2 tasks". */
export const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

/** Seconds as one short word: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min, 4 d 3 h. */
export function duration(seconds) {
  const whole = Math.max(0, seconds);
  if (!whole) return "0 s";
  if (whole < 10) return `${(Math.ceil(whole * 10) / 10).toFixed(1)} s`;
  const left = Math.ceil(whole);
  if (left < 60) return `${left} s`;
  if (left < 3600) return pair(left, 60, "min", 1, "s");
  if (left < 86400) return pair(left, 3600, "h", 60, "min");
  return pair(left, 86400, "d", 3600, "h");
}

function pair(left, big, bigWord, small, smallWord) {
  const rest = Math.floor((left % big) / small);
  return `${Math.floor(left / big)} ${bigWord}${rest ? ` ${rest} ${smallWord}` : ""}`;
}

/** The time of day of an instant, in UTC as all times of a world are: 14:08:31.290. */
export const clockTime = (iso) => (iso ? iso.slice(11, 23).replace("Z", "") : "");

/** Date and time of an instant, in UTC: 2026-11-21 14:08:31. */
export const dateTime = (iso) => (iso ? `${iso.slice(0, 10)} ${iso.slice(11, 19)}` : "");

/** Milliseconds since 1970 as date and time in UTC. */
export const fromMillis = (millis) => (Number.isFinite(millis) ? new Date(millis).toISOString() : "");

/** readTask becomes "read task": names of operations and faults as words. */
export const words = (name) => name.replace(/_/g, " ").replace(/([a-z0-9])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);

/** A description with `words like this` as code. */
export const prose = (description) => description.trim().split("`").map((part, number) => (number % 2 ? h("code", {}, part) : part));
