// Starts Swagger UI on the API's page. Knows nothing of the API: the document says it all.

const place = document.getElementById("api-docs");

document.documentElement.classList.add("dark-mode"); // Swagger UI's own dark colours, as a base for ours

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  validatorUrl: null, // its badge would show this document to a server elsewhere
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  persistAuthorization: false, // a token on a shared machine must not outlive the page
  tryItOutEnabled: true,
});

// What Swagger UI draws, mended for those who do not see it: headings that skip a level, and links inside buttons. It draws
// anew whenever something is opened. Its main part is the page's: the template has none.
function mend() {
  for (const heading of place.querySelectorAll("h3.opblock-tag")) heading.setAttribute("aria-level", "2");
  for (const heading of place.querySelectorAll("h4")) heading.setAttribute("aria-level", "3");
  const about = place.querySelector(".information-container");
  about?.setAttribute("role", "region");
  about?.setAttribute("aria-label", "About the API");
  for (const link of place.querySelectorAll("button a[href]")) link.removeAttribute("href");
}

new MutationObserver(mend).observe(place, { childList: true, subtree: true });
