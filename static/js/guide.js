// Folds <details data-wide> on a narrow screen: the parts and the document are one tap away there, in sight elsewhere.
(() => {
  "use strict";
  const narrow = window.matchMedia("(max-width: 63.99em)");
  const fold = () => { for (const part of document.querySelectorAll("details[data-wide]")) part.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
})();
