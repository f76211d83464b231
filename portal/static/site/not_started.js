// Written for browsers that cannot read the page's real script: says so, where that has not begun a while after loading.
// No module, and no word that an old browser would stumble over.

(function () {
  var WITHIN_MS = 5000;
  window.addEventListener("load", function () {
    window.setTimeout(function () {
      var notice = document.querySelector("[data-not-started]");
      if (!document.documentElement.hasAttribute("data-started")) notice.hidden = false;
    }, WITHIN_MS);
  });
})();
