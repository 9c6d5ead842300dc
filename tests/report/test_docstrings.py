"""Docstrings, read."""

from qng.report import docstrings


def test_a_docstring_is_read_in_its_parts():
    def f(a, b):
        """One sentence
        in two lines.

            E = m

        More.

        Args:
            a: First,
                in two lines.
            b: Second: with a colon.

        Cost: little,
        or less.

        Example:
            >>> 1
            1
        """

    found = docstrings.read(f)
    assert found.summary == "One sentence in two lines."
    assert found.text == "    E = m\n\nMore."
    assert found.arguments == {"a": "First, in two lines.", "b": "Second: with a colon."}
    assert found.line("Cost") == "little, or less."
    assert found.sections["Example"] == ">>> 1\n1"
    assert found.line("Raises") == ""
    assert docstrings.read(lambda: 0).summary == ""
