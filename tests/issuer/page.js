// Small comforts; every form of the page works without them.
"use strict";

// A new key can be taken once: say so instead of offering it again.
for (const form of document.querySelectorAll("form.once")) {
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.value !== "file") return;
    setTimeout(() => {
      for (const button of form.querySelectorAll("button")) button.disabled = true;
      form.querySelector(".done").textContent = "Downloaded. Next: thrivestack-credential key import key.json";
    });
  });
}

for (const form of document.querySelectorAll("form.invalidate")) {
  form.addEventListener("submit", (event) => {
    if (!confirm("Invalidate this key? It yields no token from then on, and this cannot be undone."))
      event.preventDefault();
  });
}

for (const area of document.querySelectorAll("textarea.copy")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    area.select();
    await navigator.clipboard.writeText(area.value);
    button.textContent = "Copied";
  });
  area.after(button);
}

// A file instead of pasting.
for (const place of document.querySelectorAll(".pick")) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".json,application/json";
  input.setAttribute("aria-label", "Or choose key.json");
  input.addEventListener("change", async () => {
    if (input.files[0] && input.files[0].size < 65536)
      document.getElementById("key").value = await input.files[0].text();
    input.value = "";
  });
  place.append(input);
}

const result = document.getElementById("result");
if (result) result.focus();
