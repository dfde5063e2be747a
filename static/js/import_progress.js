// Upload with a bar (without this script the form posts plainly), then the import's own counts until it has ended.

const megabytes = (bytes) => (bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 });

const bindUpload = (form) => {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const area = form.querySelector("[data-upload-progress]");
    const bar = area.querySelector("progress");
    const words = area.querySelector("[data-upload-words]");
    const submit = form.querySelector("[type=submit]");
    const cancel = form.querySelector("[data-upload-cancel]");
    const request = new XMLHttpRequest();
    const rest = (text) => {
      submit.disabled = false;
      cancel.hidden = true;
      words.textContent = text;
    };
    request.open("POST", form.action || window.location.href);
    request.upload.addEventListener("progress", (progress) => {
      if (!progress.lengthComputable) return;
      bar.value = (100 * progress.loaded) / progress.total;
      words.textContent =
        progress.loaded < progress.total
          ? `${megabytes(progress.loaded)} of ${megabytes(progress.total)} MB`
          : "Uploaded. Reading the manifest …";
    });
    request.addEventListener("load", () => finish(request));
    request.addEventListener("error", () => rest("The upload broke off. Check the connection and try again."));
    request.addEventListener("abort", () => rest("Cancelled. Nothing was kept."));
    cancel.addEventListener("click", () => request.abort(), { once: true });
    submit.disabled = true;
    cancel.hidden = false;
    area.hidden = false;
    request.send(new FormData(form));
  });
};

// A redirect leads on; anything else is the same page with what is wrong.
const finish = (request) => {
  const here = window.location.href.split("#")[0];
  if (request.status < 400 && request.responseURL && request.responseURL !== here) {
    window.location.assign(request.responseURL);
    return;
  }
  const answer = new DOMParser().parseFromString(request.responseText, "text/html");
  const main = answer.querySelector("main");
  if (!main) {
    window.location.reload();
    return;
  }
  // Chosen files cannot be set by script, so they are chosen again; the name stays.
  document.querySelector("main").replaceWith(document.adoptNode(main));
  document.querySelectorAll("form[data-upload]").forEach(bindUpload);
  const first = document.querySelector("[role=alert], [aria-invalid]");
  if (first) {
    first.tabIndex = first.matches("input") ? 0 : -1;
    first.focus();
  }
};

const watch = (area) => {
  const lost = area.querySelector("[data-lost]");
  const badge = document.querySelector("[data-state]");
  const show = (name, done, total) => {
    const bar = area.querySelector(`[data-bar="${name}"]`);
    if (!bar) return;
    bar.max = Math.max(1, total);
    bar.value = done;
    const count = (n) => n.toLocaleString("en");
    area.querySelector(`[data-words="${name}"]`).textContent = `${count(done)} of ${count(total)}`;
  };
  const look = async () => {
    try {
      const response = await fetch(area.dataset.import, { headers: { Accept: "application/json" } });
      if (response.status === 404) {
        window.location.reload(); // what was waited for is gone; its page says what there is now
        return;
      }
      if (!response.ok) throw new Error(String(response.status));
      const job = await response.json();
      lost.hidden = true;
      if (job.ended) {
        window.location.reload();
        return;
      }
      show("checked", job.checked, job.total);
      show("stored", job.stored, job.total);
      if (badge.textContent !== job.label) badge.textContent = job.label;
      badge.className = `badge badge--${job.state}`;
    } catch {
      lost.hidden = false;
    }
    setTimeout(look, 700);
  };
  look();
};

document.querySelectorAll("form[data-upload]").forEach(bindUpload);
document.querySelectorAll("[data-import]").forEach(watch);
