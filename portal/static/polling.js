// A status that is asked for again and again and once cannot be had (a restart, a lost connection) stays as it was: htmx
// would put the error page in its place and stop asking.

document.addEventListener("htmx:beforeSwap", (event) => {
  const isPoll = event.detail.elt.getAttribute("hx-trigger")?.startsWith("every");
  if (isPoll && event.detail.xhr.status >= 400) event.detail.shouldSwap = false;
});
