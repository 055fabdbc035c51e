// A security key answers the challenge of the page; its answer goes with the form the button stands in.
(() => {
  "use strict";
  const say = (text) => document.dispatchEvent(new CustomEvent("announce", { detail: text }));
  const asked = (name) => JSON.parse(document.getElementById(name).textContent);

  async function answered(options) {
    if (options.creation_options) return window.webauthnJSON.create(options.creation_options);
    return window.webauthnJSON.get(options.request_options);
  }

  function use(place) {
    const button = place.querySelector("button");
    const form = button.form;
    place.hidden = false;
    button.addEventListener("click", async () => {
      const code = form.elements.namedItem("code");
      if (code) code.required = false;
      if (!form.reportValidity()) return;
      say("Touch your security key now.");
      try {
        const answer = await answered(asked(place.dataset.securityKey));
        form.elements.namedItem("credential").value = JSON.stringify(answer);
        form.requestSubmit();
      } catch (error) {
        place.querySelector("p").textContent = "The security key did not answer. Try again, or use another way.";
        say("The security key did not answer.");
      }
    });
  }

  document.querySelectorAll("[data-security-key]").forEach(use);
})();
