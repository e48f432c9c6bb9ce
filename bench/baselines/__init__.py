"""What a newcomer would take instead: general engines, measured beside ours. Extra `bench`."""
