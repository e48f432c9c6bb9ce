"""How the Vosk model does: `python models/vosk-nb/measure.py [--data FOLDER]`. See README.md."""

from vosk_recipe.measure import main

if __name__ == "__main__":
    main()
