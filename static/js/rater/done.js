// One-click copy of the completion code.

const button = document.querySelector("[data-copy]");
const code = document.getElementById("code");
const said = document.getElementById("said");
if (button && code) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent.trim());
      button.textContent = "Copied";
    } catch {
      // Without a secure origin there is no clipboard: select the code, so that one key press copies it.
      getSelection().selectAllChildren(code);
      button.textContent = "Press Ctrl+C";
    }
    said.textContent = button.textContent;
    setTimeout(() => (button.textContent = label), 2000);
  });
}
