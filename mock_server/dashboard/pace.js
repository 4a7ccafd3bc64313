// Work that is asked for often, and done at most once in a while: at once, and once more for what came meanwhile.

/** Return a function that does `work` at most every `millis`; its `stop` forgets what is still to come. */
export function atMost(millis, work) {
  let timer = null;
  let wanted = false;
  const rested = () => {
    timer = null;
    if (wanted) paced();
  };
  function paced() {
    wanted = timer !== null;
    if (wanted) return;
    timer = setTimeout(rested, millis);
    work();
  }
  paced.stop = () => {
    clearTimeout(timer);
    wanted = false;
  };
  return paced;
}
