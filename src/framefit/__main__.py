"""``python -m framefit``."""

from framefit.cli.main import main

if __name__ == "__main__":
    main()
