// Starts Swagger UI on the page of the API. It knows nothing about the API: everything comes from the document.

import { elementIn } from "../page/elements.js";
import { gettext as _ } from "./gettext.js";

const container = elementIn(document, "#api-docs");

document.documentElement.classList.add("dark-mode"); // Swagger UI's own dark colours, as a base for ours

window.SwaggerUIBundle({
  domNode: container,
  url: container.dataset.document,
  validatorUrl: null, // its badge would send this document to another server
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  persistAuthorization: false, // a token on a shared machine must not outlive the page
  tryItOutEnabled: true,
});

// Corrects for screen readers what Swagger UI draws: headings that skip a level, and links inside buttons. Swagger UI
// draws again whenever something is opened. It makes the page's main element, so the template has none.
function correct() {
  for (const heading of container.querySelectorAll("h3.opblock-tag")) heading.setAttribute("aria-level", "2");
  for (const heading of container.querySelectorAll("h4")) heading.setAttribute("aria-level", "3");
  const about = container.querySelector(".information-container");
  about?.setAttribute("role", "region");
  about?.setAttribute("aria-label", _("About the API"));
  for (const link of container.querySelectorAll("button a[href]")) link.removeAttribute("href");
}

new MutationObserver(correct).observe(container, { childList: true, subtree: true });
