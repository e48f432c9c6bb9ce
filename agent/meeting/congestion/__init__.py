"""How fast our picture leaves: what the way can take, what is worth sending again, and when."""
