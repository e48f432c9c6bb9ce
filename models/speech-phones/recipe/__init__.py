"""Synthetic speech of several kinds -> the network of sounds. See ../README.md."""
