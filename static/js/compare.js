// Both pictures of a comparison at their own size, side by side, scrolled together.

const dialog = document.createElement("dialog");
dialog.className = "compare";
dialog.setAttribute("aria-label", "Both pictures at their own size");
dialog.innerHTML = '<form method="dialog"><button class="btn btn--small" type="submit">Close</button></form><div class="compare__panes"></div>';
document.body.append(dialog);
const panes = dialog.querySelector(".compare__panes");

const together = (event) => {
  for (const pane of panes.children) {
    if (pane !== event.target) pane.scrollTo(event.target.scrollLeft, event.target.scrollTop);
  }
};

const open = (article) => {
  panes.replaceChildren(
    ...[...article.querySelectorAll("[data-picture] img")].map((img) => {
      const pane = document.createElement("div");
      pane.tabIndex = 0;
      pane.setAttribute("role", "region");
      pane.setAttribute("aria-label", img.alt);
      const copy = document.createElement("img");
      copy.src = img.dataset.full ?? img.src;
      copy.alt = img.alt;
      pane.append(copy);
      pane.addEventListener("scroll", together);
      return pane;
    }),
  );
  dialog.showModal();
};

document.querySelector("[data-compare]")?.addEventListener("click", (event) => {
  const link = event.target.closest("[data-picture]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  open(link.closest("article"));
});
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
