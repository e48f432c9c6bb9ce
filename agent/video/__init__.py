"""Picture: camera -> the track that the room sees, and the measure of its light."""
