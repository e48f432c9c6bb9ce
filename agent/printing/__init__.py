"""What hangs on a wall or lies in a bag: the nurse's command card, the clinician's list."""
