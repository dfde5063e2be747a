"""What an instructed picture says, in languages whose words the built-in font can draw: plain ASCII.

English stands first, the study's language below it. Where a study speaks a language that cannot be drawn
(Japanese, Arabic, …), no instructed pictures are made: people must be able to read what they are asked.
"""

from collections.abc import Iterable

# Instruction "answer:4" asks for 4 everywhere, "only:<label>" to name one failure.
CHOOSE, FIRST, NOTHING = "choose", "first", "nothing"
ANSWER, ONLY = "answer:", "only:"

WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        CHOOSE: ("Please choose this", "picture"),
        FIRST: ("Please put this", "picture first"),
        NOTHING: ("Please name", "no failure"),
        ANSWER: ("Please answer {}", "on every line"),
        ONLY: ("Please name only", "{}"),
    },
    "es": {
        CHOOSE: ("Por favor, elija", "esta imagen"),
        FIRST: ("Ponga esta imagen", "en primer lugar"),
        NOTHING: ("No marque", "ninguna falla"),
        ANSWER: ("Responda {}", "en todas las preguntas"),
        ONLY: ("Marque solamente", "{}"),
    },
    "de": {
        CHOOSE: ("Bitte dieses Bild", "nehmen"),
        FIRST: ("Bitte dieses Bild", "auf Platz 1 setzen"),
        NOTHING: ("Bitte keinen", "Fehler nennen"),
        ANSWER: ("Bitte immer mit {}", "antworten"),
        ONLY: ("Bitte nur nennen:", "{}"),
    },
    "fr": {
        CHOOSE: ("Merci de choisir", "cette image"),
        FIRST: ("Merci de placer cette", "image en premier"),
        NOTHING: ("Merci de ne signaler", "aucun souci"),
        ANSWER: ("Merci de toujours", "donner {}"),
        ONLY: ("Merci de signaler", "seulement : {}"),
    },
}


def can_be_drawn(languages: Iterable[str]) -> bool:
    return all(language in WORDS for language in languages)


def lines(instruction: str, language: str = "en") -> list[str]:
    """The lines to draw: in English, and in the study's language where it is another one."""
    key, value = instruction, ""
    for prefix in (ANSWER, ONLY):
        if instruction.startswith(prefix):
            key, value = prefix, instruction.removeprefix(prefix)
    languages = dict.fromkeys(("en", language))
    return [line.format(value) for name in languages for line in WORDS[name][key]]
