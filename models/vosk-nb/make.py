"""Make the Vosk model: `python models/vosk-nb/make.py --help`. See README.md beside this file."""

from vosk_recipe.command import main

if __name__ == "__main__":
    main()
