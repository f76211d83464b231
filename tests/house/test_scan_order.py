"""In which order `make scan` tampers with forms."""

from scan.forms import Form, endings_last


def test_what_ends_something_is_tried_when_nothing_else_needs_it() -> None:
    paths = ["/applications/1/withdraw", "/capture/1/consent", "/admin/people/1/disable", "/login"]
    ordered = endings_last(Form(path, "POST", {}) for path in paths)

    assert [form.path for form in ordered] == [paths[1], paths[3], paths[0], paths[2]]
