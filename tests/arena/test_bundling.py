import pytest

from arena import bundling


def bundled(entry: str, **files: str) -> str:
    return bundling.script(entry, {name.replace("__", "/") + ".js": text for name, text in files.items()}.get)


def test_each_module_comes_once_after_what_it_imports_and_keeps_its_names_to_itself():
    made = bundled(
        "main.js",
        main='import { a, b as c } from "./one.js";\nimport * as two from "./parts/two.js";\nc(a, two.b);\n',
        one="// A comment.\nexport const a = 1;\nexport function b() {}\n",
        parts__two='import { a } from "../one.js";\nexport const b = a;\n',
    )
    assert made == (
        "const m0 = (() => {\nconst a = 1;\nfunction b() {}\nreturn { a, b };\n})();\n"
        "const m1 = (() => {\nconst { a } = m0;\nconst b = a;\nreturn { b };\n})();\n"
        "const m2 = (() => {\nconst { a, b: c } = m0;\nconst two = m1;\nc(a, two.b);\nreturn {  };\n})();"
    )


def test_imports_named_in_comments_are_no_imports():
    made = bundled("main.js", main='// Texts: import { gettext } from "../page.js" and call it.\ngo();\n')
    assert made == "const m0 = (() => {\ngo();\nreturn {  };\n})();"


@pytest.mark.parametrize(
    "line",
    ['import("./one.js");', "export default 1;", "export let a = 1;", 'import one from "./one.js";'],
)
def test_what_is_not_understood_is_refused(line):
    with pytest.raises(bundling.BundlingError, match="not understood"):
        bundled("main.js", main=f"{line}\n", one="export const a = 1;\n")


def test_modules_that_import_each_other_are_refused():
    with pytest.raises(bundling.BundlingError, match="import each other"):
        bundled(
            "a.js", a='import { b } from "./b.js";\nexport const a = 1;\n',
            b='import { a } from "./a.js";\nexport const b = 1;\n',
        )  # fmt: skip


def test_a_template_string_of_several_lines_is_refused():
    with pytest.raises(bundling.BundlingError, match="several lines"):
        bundling.smaller_script("const a = `one\n  two`;\n")


def test_a_sheet_takes_in_what_it_imports_and_loses_its_comments():
    files = {
        "css/all.css": '@import "one.css";\n@import "parts/two.css";\n.c { color: red; } /* last */\n',
        "css/one.css": "/* first\n   of all */\n.a { top: 0; }\n",
        "css/parts/two.css": "@media print {\n  .b { left: 0; }\n}\n",
    }
    made = bundling.smaller_sheet(bundling.sheet("css/all.css", files.get))
    assert made == ".a { top: 0; }\n@media print {\n.b { left: 0; }\n}\n.c { color: red; }\n"
