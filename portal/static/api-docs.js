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
