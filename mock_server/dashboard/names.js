// Names for the controls that Swagger UI leaves without one, so that screen readers can tell what they are.

const NAMES = [
  ["#servers", "Server"],
  [".examples-select-element", "Example"],
  ["textarea.body-param__text", "Request body"],
  [".content-type", "Media type"],
  [".copy-to-clipboard button", "Copy"],
  [".parameters input, .parameters select, .parameters textarea", "Parameter"],
];

/** Name what is there, and whatever comes later. */
export function nameControls(root) {
  const look = () => {
    for (const [selector, name] of NAMES) {
      for (const control of root.querySelectorAll(selector)) {
        if (!control.hasAttribute("aria-label") && !spoken(control)) control.setAttribute("aria-label", named(control, name));
      }
    }
    // A link within a button can't be told from it by keyboard: the button does what the link would.
    for (const link of root.querySelectorAll("button a[href]")) link.removeAttribute("href");
    for (const code of root.querySelectorAll("pre, .microlight")) code.tabIndex = 0;
  };
  new MutationObserver(look).observe(root, { childList: true, subtree: true });
}

const spoken = (control) => [...(control.labels ?? [])].some((label) => label.textContent.trim() && !label.contains(control));

function named(control, name) {
  const row = control.closest("[data-param-name]");
  return row ? `${name} ${row.dataset.paramName}` : name;
}
