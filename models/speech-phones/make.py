"""Make the network of sounds: `python models/speech-phones/make.py --help`. See README.md."""

from recipe.command import main

if __name__ == "__main__":
    main()
