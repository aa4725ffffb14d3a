"""``python -m lfv_eval``."""

from .cli.app import main

if __name__ == "__main__":
    main()
