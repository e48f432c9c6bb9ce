"""The recipe of the weights that tell a picture's faults."""
