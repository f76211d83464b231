// Keeps a status that htmx requests again and again, when one reply is not that status (an error, or a proxy's page).
// Without this, htmx would show that reply and stop asking.

document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, xhr, serverResponse } = event.detail;
  const isPoll = elt.getAttribute("hx-trigger")?.startsWith("every");
  const isStatus = xhr.status === 200 && serverResponse.includes(`id="${elt.id}"`);
  if (isPoll && !isStatus) event.detail.shouldSwap = false;
});
