"""`python -m qng.cli`."""

from qng.cli import main

if __name__ == "__main__":
    main()
