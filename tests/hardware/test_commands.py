"""Commands run in forked processes as they do in processes of their own."""

from __future__ import annotations


def test_a_command_has_its_own_output_and_exit_code(qng, tmp_path):
    done = qng.run("run", "nonesuch", cwd=tmp_path)
    assert done.code == 2
    assert "nonesuch" in done.err
    done = qng.run("run", "textbook-2", "--steps", "2", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "energy" in done.out
