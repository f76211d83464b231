// A status that is asked for again and again and once cannot be had (a restart, a lost connection, a proxy's page sent in its
// place) stays as it was: htmx would put that page there and stop asking.

document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, xhr, serverResponse } = event.detail;
  const isPoll = elt.getAttribute("hx-trigger")?.startsWith("every");
  const isStatus = xhr.status === 200 && serverResponse.includes(`id="${elt.id}"`);
  if (isPoll && !isStatus) event.detail.shouldSwap = false;
});
