"""What makes the model: which tokens are kept, and the files."""
