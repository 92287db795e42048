"""How hard a text is to read, by the two oldest formulas there are, for English.

Flesch reading ease = 206.835 - 1.015 * words per sentence - 84.6 * syllables per word (Flesch 1948; 60 to 70 is plain
English), Flesch-Kincaid grade = 0.39 * words per sentence + 11.8 * syllables per word - 15.59 (Kincaid 1975; years of
school). Syllables are counted by groups of vowels with the usual corrections for a silent e and endings; on single
words that is wrong now and then, over a card it evens out. A line of its own (a list item, a heading) ends a sentence,
and so does a colon, which in a list stands where a stop could.
"""

from __future__ import annotations

import re

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
VOWELS = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """How many syllables an English word has, roughly; at least one."""
    core = word.lower().split("'")[0]
    count = len(VOWELS.findall(core))
    silent_e = core.endswith("e") and not core.endswith(("le", "ee", "ie", "oe", "ye"))
    silent_ed = core.endswith("ed") and not core.endswith(("ted", "ded", "eed"))
    silent_es = core.endswith("es") and not core.endswith(("ses", "zes", "ches", "shes", "ces", "ges", "les", "ies"))
    if (silent_e or silent_ed or silent_es) and count > 1:
        count -= 1
    count += len(re.findall(r"[aeiou]ing$|ea$|eo|ia(?!l)|io(?!n)|iu", core)) - len(re.findall(r"[ct]i[ao](?!n)", core))
    return max(count, 1)


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence."""
    found = [WORD.findall(piece.lower()) for piece in re.split(r"[.!?:\n]+", text)]
    return [words for words in found if words]


def reading_ease(text: str) -> float:
    """Flesch reading ease: 100 is very easy, 60 plain, 30 hard."""
    per_sentence, per_word = _averages(text)
    return 206.835 - 1.015 * per_sentence - 84.6 * per_word


def grade(text: str) -> float:
    """Flesch-Kincaid grade: years of school."""
    per_sentence, per_word = _averages(text)
    return 0.39 * per_sentence + 11.8 * per_word - 15.59


def _averages(text: str) -> tuple[float, float]:
    parts = sentences(text)
    words = [word for part in parts for word in part]
    return len(words) / len(parts), sum(map(syllables, words)) / len(words)
