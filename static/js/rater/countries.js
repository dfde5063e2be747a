// Names of countries in the page's language, sorted in it. Without this they stand in English.

const select = document.querySelector("[data-countries]");
const language = document.documentElement.lang;
if (select && language !== "en" && Intl.DisplayNames) {
  const names = new Intl.DisplayNames([language], { type: "region" });
  const chosen = select.value;
  const [unsaid, ...options] = [...select.options];
  for (const option of options) option.text = names.of(option.value) ?? option.text;
  const { compare } = new Intl.Collator(language);
  options.sort((a, b) => compare(a.text, b.text));
  select.replaceChildren(unsaid, ...options);
  // Moving options about makes browsers choose one of them.
  select.value = chosen;
}
