// The time of a world, kept between two looks at it: a straight line over the page's own clock.

/** Take what the control API says about a clock. */
export function takeClock(view) {
  return { base: Date.parse(view.now), at: performance.now(), scale: view.scale, moved: view.moved };
}

/** The world's time now, in milliseconds since 1970. */
export const worldNow = (clock) => (clock ? clock.base + (performance.now() - clock.at) * clock.scale : Date.now());

/** Tell whether two looks at a clock are on one line, or somebody has moved it between them. */
export function sameLine(before, after) {
  return before && before.scale === after.scale && before.moved === after.moved;
}
