// What the server wrote into the page for its script, and the words of the page in the rater's language.

export const by = (id) => document.getElementById(id);

// { panel, first, blocks, urls, texts, plural, break_after_min, … }
export const page = JSON.parse(by("page").textContent);

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// English is the key. The names are those that the extraction of texts looks for.
export const gettext = (text, values = {}) => filled(page.texts[text] ?? text, values);

// page.plural lists the language's categories in the order of its translations: ["one", "other"].
export const ngettext = (one, many, count, values = {}) => {
  const forms = page.texts[one];
  const at = page.plural.indexOf(new Intl.PluralRules(page.language).select(count));
  const text = Array.isArray(forms) ? forms[at === -1 ? forms.length - 1 : at] : count === 1 ? one : many;
  return filled(text, { count, ...values });
};
