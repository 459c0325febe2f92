// Shows the API's own description. Where that needs a key, the page asks for one first and then
// uses it for the operations too. The key is kept in this page's memory and nowhere else.
"use strict";

(() => {
  const operations = document.getElementById("operations");
  const form = document.getElementById("access");
  const input = document.getElementById("key");

  function show(description, key) {
    const ui = SwaggerUIBundle({
      spec: description,
      domNode: operations,
      presets: [SwaggerUIBundle.presets.apis],
      deepLinking: true,
      docExpansion: "list",
      filter: true,
      displayRequestDuration: true,
      persistAuthorization: false,
      validatorUrl: null, // the default asks a server elsewhere
      onComplete: () => {
        if (!key) return;
        const schemes = description.components?.securitySchemes ?? {};
        for (const [name, scheme] of Object.entries(schemes)) {
          if (scheme.scheme === "bearer") ui.preauthorizeApiKey(name, key);
        }
      },
    });
  }

  // One of: the form, the form with a refusal, a failure, or none of them.
  function reveal(state) {
    const asking = state === "asking" || state === "refused";
    form.hidden = !asking;
    document.getElementById("refused").hidden = state !== "refused";
    document.getElementById("unreadable").hidden = state !== "unreadable";
    for (const part of document.querySelectorAll(".how")) part.hidden = asking;
    if (asking) input.focus();
  }

  async function load(key) {
    let answer;
    let description;
    try {
      const headers = key ? { Authorization: `Bearer ${key}` } : {};
      answer = await fetch(operations.dataset.description, { headers, credentials: "omit" });
      if (answer.ok) description = await answer.json();
    } catch {
      answer = undefined;
    }
    if (description) {
      reveal("shown");
      show(description, key);
    } else if (answer && [401, 403].includes(answer.status)) {
      reveal(key ? "refused" : "asking");
    } else {
      reveal("unreadable");
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    load(input.value.trim());
  });
  load("");
})();
