"""The configuration: settings in layers, everything that people hear and read, checked at load."""
