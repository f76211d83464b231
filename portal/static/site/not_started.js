// Shows a notice if the page's real script has not started a while after loading. It is for old browsers that cannot
// read that script, so it is no module and uses only old syntax.

(function () {
  var WITHIN_MS = 5000;
  window.addEventListener("load", function () {
    window.setTimeout(function () {
      var notice = document.querySelector("[data-not-started]");
      if (notice && !document.documentElement.hasAttribute("data-started")) notice.removeAttribute("hidden");
    }, WITHIN_MS);
  });
})();
