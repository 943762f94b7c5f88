"""Lists every public form by its slug, and those that give the office a task."""

from forms.announcements import AnnouncementsForm
from forms.contact import ContactForm
from forms.form import Form
from forms.plaque import PlaqueForm

FORMS: dict[str, type[Form]] = {form.slug: form for form in (ContactForm, PlaqueForm, AnnouncementsForm)}
TASKS: dict[str, type[Form]] = {slug: form for slug, form in FORMS.items() if form.staff_task}
