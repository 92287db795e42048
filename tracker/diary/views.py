"""Pages and API of the diary, for the person whose diary it is: HTTP only.

Blueprints, all for patients: `check_in_pages` (what is open, the forms, own entries), `progress_pages` (the time line),
`help_pages` (emergency, urgent, crisis, "I need help now"), `diary_api` (what the check-in page sends).

Every way in ends the same: the entry is stored, `record_changed` lets escalation look in the same transaction, and the
person is led to the page that comes first, if one does. Red flags are stored even where the rest is refused, and a
person who told of one is led to its page even if nothing could be stored.

The diary does not know training. What it shows of exercises comes through `register_source` and `register_mornings`,
which `app.py` fills.

What templates receive (all under templates/diary/). Shared shapes first (pages.py); all texts are ready to print:

- *Numbers* (accounts/emergency.py): `emergency`, `urgent`, `crisis`, each None where none is known for the country;
  `country`; `emergency_text` (always a sentence part: "112", or "112 / 911 / 999: your local emergency number");
  `calls`, for a `tel:` link: {"emergency" | "urgent" | "crisis": digits}, without the unknown ones.
- *FormView*: `key` (intake, daily, weekly, fortnight, monthly, morning, flags), `title`, `lead`, `minutes` (or ""),
  `action` (post here, plain form), `steps` (StepViews), `hidden` (hidden fields: entry_id, id, local_date, session_id,
  next; never csrf_token), `submit` (label), `days` ((ISO date, label), ... today first; () where the day is no
  question; chosen by the field `local_date`, then not in `hidden`), `note` (QuestionView of kind "text", or None).
- *StepView*: `key` ("flags", "pain", "activity", ...), `title` (or ""), `questions` (QuestionViews).
- *QuestionView*: `key` (= the name of the form field and of the answer in JSON), `kind`, `label` (the question, with
  ** around what stands out), `help` (or ""), `required`, `low`, `high` (words at the ends, "" where none), `choices`
  ((value, label), ...), `value` (what was answered before: int, bool, str, list or None; nothing is ever preselected),
  `error` (or ""), `only_if` (None, or (key of another question, value): ask it only then; ("phq2", "3") means a sum of
  at least 3). Kinds and the names of their fields, in a plain form:
    - `scale`: radios `<key>` 0..10.        - `choice`: radios `<key>`.       - `yes_no`: radios `<key>` yes|no.
    - `multi`: checkboxes `<key>`.          - `date`: `<key>` ISO.            - `text`: `<key>`.
    - `flags`: for each FlagView radios `flag-<code>` no|new|checked (or a checkbox `flag-<code>` with value new, with a
      second one `flag-<code>-checked` yes); its detail, if any, radios `flag-<code>-detail` yes|no; and a checkbox
      `none_of_these` yes. Required: one of them.
    - `body_map`: for each spot a select or number `body-<spot>` 1..10, empty for none. `choices`: (spot, label).
    - `medicines`: `medicine-<1..8>-name`, `medicine-<n>-days` 0..7. `value`: list of {name, days}; `choices`: names.
    - `activity_words`: `activity-<1..3>-words` with hidden `activity-<n>-id`. `value`: list of {id, words}.
    - `activities`: the same with radios `activity-<n>-score` 0..10. `value`: list of {id, words, score}.
  PHQ-2 is two `choice` questions `phq2-0`, `phq2-1` (0..3); in JSON they are the list `phq2`.
- *FlagView*: `code`, `label` (the question), `group` ("emergency" | "urgent" | "doctor") with `group_label`, `answer`
  (no|new|checked|None), `detail` (None, or the second question), `detail_when` ("new" | "checked" | "yes": after which
  answer it is asked), `detail_answer` (bool or None). A `flags` QuestionView has them in `flags`; the words for the
  answers are its `choices` (no, new, checked), those for "none of these" its `none_label`, whether that was ticked its
  `none_value`.
- *Card*: `form`, `title`, `why`, `minutes` (or ""), `url`, `done`.

diary/index.html (/check-in): `due` and `other` (Cards), `rhythm` (RhythmView: `kind` daily|thrice, `text`, `offer`:
three times a week may be chosen), `rhythm_url` (post `rhythm` = thrice|daily), `entries_url`, `progress_url`,
`help_url`, `page` (None, "emergency", "urgent" or "crisis": shown first), `page_url`.

diary/form.html (/check-in/<form>): `form` (FormView), `errors` ({key: sentence}), `numbers`, `config` (JSON block):
`form`, `person`, `today`, `time_zone`, `first_day`, `id`/`entry_id` (None: make new ones), `local_date`, `session_id`,
`answers` (what was told before, in the JSON shape, or {}), `note`, `next`, `plain` (True: send it as a plain form, not
as JSON), `flags` ({code: {new, checked: level 0..4, detail: key or null, detail_when, detail_is, level_then, crisis}}),
`chest_band` ({code, with: [codes]}: level 4 when any of `with` is at level 4), `pages` ({"4": "/help/emergency", "3":
"/help/urgent", "crisis": "/help/crisis"}), `urls` (save, check_in, emergency, urgent, crisis), `csrf`.

diary/done.html (/check-in/done/<id>): `level` (0..4), `says` (one sentence: what was stored), `advice` (sentences: what
to do), `next_contact` (sentence), `worried` (sentence with the number), `watched` (whether anybody is told), `late`,
`numbers`, `due` (Cards still open), `next_url` and `next_label` (where the person came from, or today), `page_url`
(None, or the page that comes first).

diary/entries.html (/check-in/entries): `days` (DayOfEntries: `date_text`, `entries`, each EntryLine: `title`, `facts`
((label, text), ...), `flags` (texts), `note`, `told` (text: when), `late`, `versions` (how often it was told),
`edit_url` (None: too long ago)), `page`, `pages`.

diary/emergency.html, diary/urgent.html, diary/crisis.html: `numbers`, `outcome_url` (urgent: "I have seen a doctor",
leads on by itself), `watched` (urgent, crisis), `told` (crisis: True after somebody has just told us).

diary/_today.html: macros for training/today.html, fed by `today_row`.

diary/help.html (/help): `numbers`, `physical_url` (GET), `mood_action` (POST field `self_harm` yes|no, two buttons).

diary/progress.html (/progress): `charts` (charts.ChartView: id, title, spec, text, columns, rows; one below the other,
they share one time line), `meaning` (MeaningViews: `key` improving|steady|rising|too_few, `series`, `sentence`,
`detail`), `caution` (what cannot be concluded), `worried` (what to do), `days` (28, 84 or 365), `spans` ((days, label,
url, current), ...), `empty` (nothing told yet), `check_in_url`, `table` (columns, rows): everything by day.
"""

from __future__ import annotations

from tracker.diary.form_views import check_in_pages, today_row
from tracker.diary.help_views import help_pages
from tracker.diary.progress_views import progress_pages
from tracker.diary.telling_views import diary_api, register_matters, register_mornings, register_source

__all__ = [
    "check_in_pages",
    "diary_api",
    "help_pages",
    "progress_pages",
    "register_matters",
    "register_mornings",
    "register_source",
    "today_row",
]
