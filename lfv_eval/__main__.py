"""``python -m lfv_eval``."""

from .cli import main

if __name__ == "__main__":
    main()
