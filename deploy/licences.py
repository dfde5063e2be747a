"""Fails when an installed package has a licence that this project has not agreed to."""

import json
import subprocess
import sys

AGREED = (
    "MIT",
    "BSD",
    "Apache",
    "PSF",
    "Python Software Foundation",
    "ISC",
    "MPL",
    "Mozilla",
    "LGPL",
    "HPND",
    "Unlicense",
    "Zlib",
    "CC0",
)
# Each exception has a reason.
EXCEPTIONS = {
    "krippendorff": "GPL-3.0, asked for by name; imported as a library, not copied (see DECISIONS.md)",
    "djhtml": "GPL-3.0, a development tool that is not shipped",
    "axe-playwright-python": "MIT, but its package does not say so; a test tool that is not shipped",
}


def main() -> int:
    packages = json.loads(
        subprocess.run(
            [sys.executable, "-m", "piplicenses", "--format=json", "--from=mixed"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    refused = [
        f"{package['Name']} {package['Version']}: {package['License']}"
        for package in packages
        if package["Name"] not in EXCEPTIONS and not is_agreed(package["License"])
    ]
    if refused:
        print("Licences that nobody has agreed to (deploy/licences.py):", *refused, sep="\n  ")
        return 1
    print(f"{len(packages)} packages, every licence agreed to.")
    return 0


def is_agreed(licence: str) -> bool:
    strict = licence.replace("LGPL", "").replace("Lesser General Public", "")
    return "GPL" not in strict and any(word in licence for word in AGREED)


if __name__ == "__main__":
    sys.exit(main())
